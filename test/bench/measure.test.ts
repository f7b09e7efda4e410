import { describe, expect, test } from 'vitest';
import { measure } from '../../bench/measure.ts';
import type { Target } from '../../bench/targets/target.ts';

const target = (name: string): Target => ({
  name,
  version: '1',
  pid: process.pid,
  runtimeDirectory: '/nowhere',
  bus: { socket: '/nowhere', name: 'org.example' },
});
const load = { connections: 1, warmUp: 0, seconds: 2 };

function workload(calls: Record<string, number[]>, more: object = {}) {
  const turns: string[] = [];
  const run = async ({ name }: Target) => {
    turns.push(name);
    const count = calls[name]?.shift() ?? 0;
    return { calls: count, total: count, seconds: 2, errors: 0, p50: 1, p99: 2, max: 3, ...more };
  };
  return { turns, prepared: { compare: async () => [], run } };
}

describe('measuring two services', () => {
  test('they take turns, and who begins changes from round to round', async () => {
    const { turns, prepared } = workload({ old: [10, 10, 10], new: [10, 10, 10] });
    await measure(prepared, target('old'), target('new'), 3, load);
    expect(turns).toEqual(['old', 'new', 'new', 'old', 'old', 'new']);
  });

  test('the ratio is that of the rates within a round', async () => {
    const { prepared } = workload({ old: [100, 200, 400], new: [300, 400, 1600] });
    const { ratio, reference, candidate } = await measure(prepared, target('old'), target('new'), 3, load);
    expect(ratio).toEqual({ median: 3, lowest: 2, highest: 4 });
    expect(reference.rate).toEqual({ median: 100, lowest: 50, highest: 200 });
    expect(candidate.rate.median).toBe(200);
  });

  test('the ratio can be that of the 99th percentile', async () => {
    const { prepared } = workload({ old: [10], new: [10] });
    const slow = {
      ...prepared,
      run: async (to: Target) => ({ ...(await prepared.run(to)), p99: to.name === 'new' ? 9 : 3 }),
    };
    expect((await measure(slow, target('old'), target('new'), 1, { ...load, ratioOf: 'p99' })).ratio.median).toBe(3);
  });

  test('what comes before a measurement is done for each, and is no part of it', async () => {
    const { turns, prepared } = workload({ old: [10, 10], new: [10, 10] });
    const before = async ({ name }: Target) => void turns.push(`before ${name}`);
    await measure({ ...prepared, before }, target('old'), target('new'), 2, load);
    expect(turns).toEqual(['before old', 'old', 'before new', 'new', 'before new', 'new', 'before old', 'old']);
  });

  test('a program that is run for each question has no processor time of its own', async () => {
    const { prepared } = workload({ old: [10], new: [10] });
    const { pid: _pid, ...program } = target('old');
    const { reference, candidate } = await measure(prepared, program, target('new'), 1, load);
    expect(reference.processorTime).toBeUndefined();
    expect(candidate.processorTime?.median).toBeGreaterThanOrEqual(0);
  });

  test('an error reply in any round is passed on', async () => {
    const { prepared } = workload({ old: [10], new: [10] }, { errors: 1, firstError: 'no' });
    expect((await measure(prepared, target('old'), target('new'), 1, load)).firstError).toBe('no');
  });

  test('a service that answers nothing is an error, not a rate of zero', async () => {
    const { prepared } = workload({ old: [10], new: [0] });
    await expect(measure(prepared, target('old'), target('new'), 1, load)).rejects.toThrow('new answered nothing');
  });
});
