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
const options = {
  rounds: 2,
  seconds: 1,
  warmUp: 0,
  machines: [10],
  connections: [1, 4],
  only: '',
  json: false,
  control: false,
};
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
  const fleet = { machines: [], grow: async () => [] };
  const [reference, candidate] = [target('old'), target('new')];
  return runRows({ reference, candidate, workloads, fleet, options, progress: () => {} });
}

describe('making the rows', () => {
  test('there is one for every number of connections, with a ratio', async () => {
    const { made } = workload('a', []);
    const { rows, disagreements } = await run(made);
    expect(rows.map(({ connections, ratio, refused }) => [connections, ratio?.median, refused])).toEqual([
      [1, 1, undefined],
      [4, 1, undefined],
    ]);
    expect(disagreements).toEqual([]);
  });

  test('where answers differ nothing is measured and no ratio is given, elsewhere it is', async () => {
    const difference = { question: 'q', reference: 'r', candidate: 'c' };
    const [bad, fine] = [workload('bad', [difference]), workload('fine', [])];
    const { rows, disagreements } = await run(bad.made, fine.made);
    expect(bad.loaded).toEqual([]);
    expect(rows.map(({ workload: name, ratio, refused }) => [name, ratio?.median, refused])).toEqual([
      ['bad', undefined, 'answers differ'],
      ['bad', undefined, 'answers differ'],
      ['fine', 1, undefined],
      ['fine', 1, undefined],
    ]);
    expect(disagreements).toEqual([{ workload: 'bad', machines: 10, differences: [difference] }]);
  });

  test('an error reply under load takes the ratio away', async () => {
    const { made } = workload('a', [], { errors: 1, firstError: '{"error":"no"}' });
    const { rows } = await run(made);
    expect(rows[0]).not.toHaveProperty('ratio');
    expect(rows[0]?.refused).toContain('{"error":"no"}');
  });
});
