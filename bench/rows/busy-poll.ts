import { judge } from '../goal.ts';
import type { Generator } from '../load/generator.ts';
import { type BenchMachine, register } from '../machines.ts';
import { goals } from '../plan.ts';
import type { Findings } from '../result.ts';
import { type Contest, measureRows } from '../run-rows.ts';
import { startSecondBus } from '../targets/bus.ts';
import { hasOption, startMymachines } from '../targets/mymachines.ts';
import { machineSocket } from '../targets/target.ts';
import { userdbByUid } from '../workloads/userdb.ts';

/** What is told of it beside each figure. */
export const BUSY_POLL = '--busy-poll 50us';

/** The row of `serve --busy-poll`, which trades processor time for quick answers. */
export async function busyPollRow(
  contest: Contest,
  {
    projectRoot,
    generator,
    machines,
  }: { projectRoot: string; generator: Generator; machines: readonly BenchMachine[] },
): Promise<Findings> {
  const workload = userdbByUid(generator);
  const name = `${workload.name}, ${BUSY_POLL}`;
  const row = { machines: machines.length, connections: 1, goals: [goals.busyPoll] };
  if (!hasOption(projectRoot, '--busy-poll')) {
    const refused = 'this mymachines has no such option';
    const { protocol } = workload;
    const judged = [judge(goals.busyPoll, undefined)];
    const place = { workload: name, protocol, ...row, against: contest.reference.name, refused, goals: judged };
    return { rows: [place], figures: [], disagreements: [] };
  }
  const bus = await startSecondBus();
  const candidate = await startMymachines(projectRoot, { bus, more: BUSY_POLL.split(' ') });
  try {
    await register(machineSocket(candidate), machines);
    return await measureRows({ ...contest, candidate }, { ...workload, name }, workload.prepare(machines), [row]);
  } finally {
    await candidate.stop();
  }
}
