import { leadersAvailable, startLeaders } from '../leaders/leaders.ts';
import type { Generator } from '../load/generator.ts';
import type { Fleet } from '../machines.ts';
import { goals } from '../plan.ts';
import type { Findings } from '../result.ts';
import { type Contest, measureRows } from '../run-rows.ts';
import { machineSocket, type Target } from '../targets/target.ts';
import { userdbByUid } from '../workloads/userdb.ts';
import { Changes } from './changes.ts';

/**
 * The 99th percentile of a lookup while machines change, against the same without. Both are the same daemon, and both
 * sides of the row ask the same.
 */
export async function underChangesRow(
  contest: Contest,
  { generator, fleet }: { generator: Generator; fleet: Pick<Fleet, 'machines' | 'containers'> },
): Promise<Findings> {
  if (!leadersAvailable()) return { rows: [], figures: [], disagreements: [] };
  const workload = userdbByUid(generator);
  const daemon = contest.candidate;
  const idle: Target = { ...daemon, name: 'itself idle' };
  const changing: Target = { ...daemon, name: `${daemon.name}, while machines change` };
  const leaders = await startLeaders(REGISTERED, { prefix: 'passing', users: true });
  const changes = new Changes(machineSocket(daemon), fleet.containers.slice(0, CHANGED), leaders.machines);
  try {
    const prepared = workload.prepare(fleet.machines);
    const found = await measureRows(
      { ...contest, reference: idle, candidate: changing },
      { name: 'userdb by uid, 99th percentile while machines change', protocol: workload.protocol, ratioOf: 'p99' },
      {
        compare: prepared.compare,
        run: (target, load) =>
          target === changing ? changes.during(() => prepared.run(target, load)) : prepared.run(target, load),
      },
      [{ machines: fleet.machines.length, connections: 4, goals: [goals.underChanges] }],
    );
    return { ...found, rows: found.rows.map((row) => ({ ...row, note: changes.description })) };
  } finally {
    await changes.end();
    leaders.stop();
  }
}

// Machines whose addresses change, in turn, and those that come and go.
const CHANGED = 10;
const REGISTERED = 20;
