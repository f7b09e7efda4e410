import { describe, expect, test } from 'vitest';
import { goalText, judge } from '../../bench/goal.ts';
import { fullSizes, goals, grid, plan } from '../../bench/plan.ts';

describe('a goal', () => {
  test.each([
    [{ atLeast: 1.7 }, 1.7, true],
    [{ atLeast: 1.7 }, 1.6999, false],
    [{ atMost: 0 }, 0, true],
    [{ atMost: 3 }, 3.01, false],
    [{ atLeast: 1 }, undefined, false],
    [{ atLeast: 1 }, Number.NaN, false],
    [{}, 5, true],
  ])('%j with %s is met: %s', (goal, value, met) => {
    expect(judge(goal, value).met).toBe(met);
  });

  test('is told with what came of it', () => {
    expect(goalText(judge({ what: 'CPU', atMost: 0.8 }, 0.9), 'x')).toBe('NOT MET: CPU at most 0.8x');
    expect(goalText(judge({ atLeast: 2 }, 2), ' MiB')).toBe('met: at least 2 MiB');
  });
});

describe('the plan', () => {
  const ratios = (workload: string, machines: number) =>
    plan(fullSizes)
      .filter((row) => row.workload === workload && row.machines === machines && row.goals.length > 0)
      .map(({ connections, goals: [goal] }) => [connections, goal?.atLeast]);

  // What issue 6 of the project promises.
  test.each([
    [
      'userdb by uid',
      10,
      [
        [1, 1.7],
        [4, 6],
        [16, 15],
      ],
    ],
    [
      'userdb by uid',
      480,
      [
        [1, 27],
        [4, 160],
        [16, 350],
      ],
    ],
    [
      'userdb by name',
      10,
      [
        [1, 1.35],
        [4, 3.5],
        [16, 8],
      ],
    ],
    [
      'hook by name',
      10,
      [
        [1, 15],
        [16, 200],
      ],
    ],
    [
      'hook by name',
      1000,
      [
        [1, 45],
        [16, 600],
      ],
    ],
    ['userdb, a connection for each call', 10, [[4, 2]]],
    [
      'D-Bus addresses',
      10,
      [
        [1, 7],
        [16, 20],
      ],
    ],
    ['machinectl list', 1000, [[1, 8]]],
    ['registering', 1000, [[1, 1]]],
  ])('%s with %i machines', (workload, machines, expected) => {
    expect(ratios(workload, machines)).toEqual(expected);
  });

  test('has the goals of the rest', () => {
    expect(goals).toMatchObject({
      many: { atLeast: 0.9 },
      busyPoll: { atLeast: 4 },
      underChanges: { atMost: 3 },
      memoryMany: { atMost: 160 },
      memoryFew: { atMost: 60 },
      descriptors: { atMost: 2 },
      readyEmpty: { atMost: 150 },
      readyMany: { atMost: 2000 },
      wakeUps: { atMost: 0 },
    });
  });

  test('a grid has every combination, with the goal where there is one', () => {
    const rows = grid(['userdb by uid', 'D-Bus list'], [10, 77], [1]);
    expect(rows.map(({ workload, machines, goals: own }) => [workload, machines, own])).toEqual([
      ['userdb by uid', 10, [{ atLeast: 1.7 }]],
      ['userdb by uid', 77, []],
      ['D-Bus list', 10, []],
      ['D-Bus list', 77, []],
    ]);
  });
});
