import { describe, expect, test } from 'vitest';
import type { Difference } from '../../bench/answers.ts';
import { runRows } from '../../bench/run-rows.ts';
import type { Target } from '../../bench/targets/target.ts';
import type { Workload } from '../../bench/workloads/workload.ts';

const target = (name: string): Target => ({
  name,
  version: '1',
  pid: process.pid,
  runtimeDirectory: '/nowhere',
  bus: { socket: '/nowhere', name: 'org.example' },
});
const manner = { rounds: 2, seconds: 1, warmUp: 0 };
const good = { calls: 10, total: 10, seconds: 1, errors: 0, p50: 1, p99: 2, max: 3 };

/** A workload, and the names of the services it was run on. */
function workload(name: string, differences: readonly Difference[], result: object = {}) {
  const loaded: string[] = [];
  const made: Workload = {
    name,
    protocol: 'varlink',
    prepare: () => ({
      compare: async () => differences,
      run: async ({ name: service }) => {
        loaded.push(service);
        return { ...good, ...result };
      },
    }),
  };
  return { made, loaded };
}

function run(...workloads: Workload[]) {
  const grown: number[] = [];
  const fleet = {
    machines: [],
    grow: async (count: number) => {
      grown.push(count);
      return [];
    },
  };
  const planned = [20, 10].flatMap((machines) =>
    [...workloads.map(({ name }) => name), 'not there'].map((name) => ({
      workload: name,
      machines,
      connections: 4,
      goals: [{ atLeast: machines / 20 }],
    })),
  );
  const registrar = { register: async () => {}, note: 'helped' };
  const [reference, candidate] = [target('old'), target('new')];
  const made = runRows({ reference, candidate, manner, progress: () => {}, workloads, planned, fleet, registrar });
  return made.then((findings) => ({ ...findings, grown }));
}

describe('making the rows', () => {
  test('there is one for each of the plan, with a ratio and what came of its goal, by rising numbers of machines', async () => {
    const { rows, disagreements, grown } = await run(workload('a', []).made);
    expect(
      rows.map(({ machines, against, ratio, goals, note }) => [machines, against, ratio?.median, goals, note]),
    ).toEqual([
      [10, 'old', 1, [{ atLeast: 0.5, value: 1, met: true }], 'helped'],
      [20, 'old', 1, [{ atLeast: 1, value: 1, met: true }], 'helped'],
    ]);
    expect(disagreements).toEqual([]);
    expect(grown).toEqual([10, 20]);
  });

  test('a ceiling of its own is measured with the reference’s answers, after the row', async () => {
    const { made, loaded } = workload('a', []);
    const limited: Workload = {
      ...made,
      prepare: (machines) => ({
        ...made.prepare(machines),
        ceiling: async ({ name }, { connections }) => {
          loaded.push(`${name}'s answers`);
          // The other round is disturbed.
          return { ...good, calls: loaded.length % 2 === 1 ? connections : 1, seconds: 2 };
        },
      }),
    };
    const { rows } = await run(limited);
    expect(rows.map(({ ceiling }) => ceiling)).toEqual([2, 2]);
    expect(loaded.slice(0, 6)).toEqual(['old', 'new', 'new', 'old', "old's answers", "old's answers"]);
    expect((await run(made)).rows[0]).not.toHaveProperty('ceiling');
  });

  test('where answers differ nothing is measured, no ratio is given and no goal is met, elsewhere it is', async () => {
    const difference = { question: 'q', reference: 'r', candidate: 'c' };
    const [bad, fine] = [workload('bad', [difference]), workload('fine', [])];
    const { rows, disagreements } = await run(bad.made, fine.made);
    expect(bad.loaded).toEqual([]);
    expect(
      rows.map(({ workload: name, ratio, refused, goals }) => [name, ratio?.median, refused, goals[0]?.met]),
    ).toEqual([
      ['bad', undefined, 'answers differ', false],
      ['fine', 1, undefined, true],
      ['bad', undefined, 'answers differ', false],
      ['fine', 1, undefined, true],
    ]);
    expect(disagreements.map(({ machines, against }) => [machines, against])).toEqual([
      [10, 'old'],
      [20, 'old'],
    ]);
    expect(disagreements[0]?.differences).toEqual([difference]);
  });

  test('an error reply under load takes the ratio away, and the goal with it', async () => {
    const { made } = workload('a', [], { errors: 1, firstError: '{"error":"no"}' });
    const { rows } = await run(made);
    expect(rows[0]).not.toHaveProperty('ratio');
    expect(rows[0]?.refused).toContain('{"error":"no"}');
    expect(rows[0]?.goals).toEqual([{ atLeast: 0.5, met: false }]);
  });
});
