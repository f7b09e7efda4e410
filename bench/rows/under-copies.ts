import type { Generator } from '../load/generator.ts';
import type { Fleet } from '../machines.ts';
import { goals } from '../plan.ts';
import type { Findings } from '../result.ts';
import { type Contest, measureRows } from '../run-rows.ts';
import { machineSocket, type Target } from '../targets/target.ts';
import { userdbByUid } from '../workloads/userdb.ts';
import { Copying } from './copying.ts';

/**
 * The 99th percentile of a lookup while a file of 1 GiB is copied to a machine, against the same without. Both are the
 * same daemon, and both sides of the row ask the same.
 * @param mebibytes of the file
 */
export async function underCopiesRow(
  contest: Contest,
  { generator, fleet, mebibytes }: { generator: Generator; fleet: Pick<Fleet, 'machines'>; mebibytes: number },
): Promise<Findings> {
  const workload = userdbByUid(generator);
  const daemon = contest.candidate;
  const [machine] = fleet.machines;
  if (machine === undefined) throw new Error('there is no machine to copy to');
  const idle: Target = { ...daemon, name: 'itself idle' };
  const busy: Target = { ...daemon, name: `${daemon.name}, while a file is copied` };
  const copying = new Copying(machineSocket(daemon), machine, mebibytes);
  try {
    const prepared = workload.prepare(fleet.machines);
    const found = await measureRows(
      { ...contest, reference: idle, candidate: busy },
      { name: 'userdb by uid, 99th percentile while a file is copied', protocol: workload.protocol, ratioOf: 'p99' },
      {
        compare: prepared.compare,
        run: (target, load) =>
          target === busy ? copying.during(() => prepared.run(target, load)) : prepared.run(target, load),
      },
      [{ machines: fleet.machines.length, connections: 4, goals: [goals.underCopies] }],
    );
    const note = `a file of ${mebibytes} MiB, ${copying.copies} times at most`;
    return { ...found, rows: found.rows.map((row) => ({ ...row, note })) };
  } finally {
    copying.end();
  }
}
