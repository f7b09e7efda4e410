import { setTimeout as wait } from 'node:timers/promises';
import { leadersAvailable, startLeaders } from '../leaders/leaders.ts';
import type { Generator } from '../load/generator.ts';
import { register } from '../machines.ts';
import { goals, type Sizes } from '../plan.ts';
import type { Findings } from '../result.ts';
import { type Contest, measureRows, together } from '../run-rows.ts';
import { startSecondBus } from '../targets/bus.ts';
import { type Mymachines, startMymachines } from '../targets/mymachines.ts';
import { descriptors, residentMemory, wakeUps } from '../targets/process-figures.ts';
import { machineSocket, type Target } from '../targets/target.ts';
import { userdbByUid } from '../workloads/userdb.ts';
import type { PreparedWorkload } from '../workloads/workload.ts';
import { figure, MEBIBYTE } from './figure.ts';
import { growth } from './growth.ts';
import { readiness } from './readiness.ts';

/** What the part with many machines needs. */
export interface ManyOptions {
  readonly projectRoot: string;
  readonly generator: Generator;
  readonly sizes: Sizes;
  /** Lookups, and half as many hundredths of rounds of registering, after which memory is looked at. */
  readonly lookups: number;
  readonly settling: number;
  readonly idle: number;
}

/** A daemon with many machines, against one with few: rows, and all that is measured of one daemon alone. */
export async function manyMachines(
  contest: Pick<Contest, 'manner' | 'progress'>,
  options: ManyOptions,
): Promise<Findings> {
  if (!leadersAvailable()) throw new Error('many machines need a C compiler (cc), for the processes that lead them');
  const { projectRoot, generator, sizes, idle } = options;
  const { progress } = contest;
  const [smallBus, largeBus] = [await startSecondBus(), await startSecondBus()];
  const leaders = await startLeaders(sizes.many, { prefix: 'l', users: true });
  const machines = leaders.machines;
  const few = machines.slice(0, sizes.few);
  const small = await startMymachines(projectRoot, { bus: smallBus });
  const large = await startMymachines(projectRoot, { bus: largeBus });
  try {
    await register(machineSocket(small), few);
    progress(`${sizes.many} machines: registering`);
    const [empty, start] = [descriptors(large.pid), performance.now()];
    await register(machineSocket(large), machines);
    const each = ((performance.now() - start) * 1000) / sizes.many;
    progress('memory, descriptors and wake-ups');
    await wait(options.settling * 1000);
    const alone = [
      figure(`registering one of ${sizes.many} machines, on average`, 'us', [each]),
      figure(
        `resident memory with ${sizes.few} machines, ${options.settling} s after the last event`,
        'MiB',
        [residentMemory(small.pid) / MEBIBYTE],
        goals.memoryFew,
      ),
      figure(
        `resident memory with ${sizes.many} machines, ${options.settling} s after the last event`,
        'MiB',
        [residentMemory(large.pid) / MEBIBYTE],
        goals.memoryMany,
      ),
      figure('descriptors for each machine', '', [(descriptors(large.pid) - empty) / sizes.many], goals.descriptors),
      figure(
        `wake-ups in ${idle} s, ${options.settling} s after the last event, ${sizes.many} machines`,
        '',
        [await wakeUps(large.pid, idle)],
        goals.wakeUps,
      ),
    ];
    const workload = userdbByUid(generator);
    const [fewer, more] = [workload.prepare(few), workload.prepare(machines)];
    const reference: Target = { ...small, name: `itself with ${sizes.few}` };
    // V8 compiles what is done often: neither has been asked anything yet.
    for (const [target, asked] of [
      [small, fewer],
      [large, more],
    ] as const) {
      await asked.run(target, { connections: 4, warmUp: 0, seconds: contest.manner.seconds });
    }
    const found = await measureRows({ ...contest, reference, candidate: large }, workload, chosen(large, fewer, more), [
      { machines: sizes.many, connections: 1, goals: [goals.many] },
      { machines: sizes.many, connections: 16, goals: [goals.many] },
    ]);
    const grown = await growth(small, { ...options, machines: few, progress });
    await large.stop();
    const ready = await readiness({ projectRoot, bus: largeBus, directory: large.runtimeDirectory, sizes, ...contest });
    return together([found, { rows: [], figures: [...alone, ...grown, ...ready], disagreements: [] }]);
  } finally {
    await Promise.all([small.stop(), large.stop()]);
    leaders.stop();
  }
}

/** Each is asked about its own machines; answers can be compared for those that both have. */
function chosen(large: Mymachines, fewer: PreparedWorkload, more: PreparedWorkload): PreparedWorkload {
  return {
    compare: fewer.compare,
    run: (target, load) => (target.pid === large.pid ? more : fewer).run(target, load),
  };
}
