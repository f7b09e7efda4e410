import { setTimeout as wait } from 'node:timers/promises';
import type { Generator } from '../load/generator.ts';
import { askWithoutError, type BenchMachine, registration, unregistration } from '../machines.ts';
import { goals } from '../plan.ts';
import type { Figure } from '../result.ts';
import type { Mymachines } from '../targets/mymachines.ts';
import { residentMemory } from '../targets/process-figures.ts';
import { machineSocket } from '../targets/target.ts';
import { userdbByUid } from '../workloads/userdb.ts';
import { figure, MEBIBYTE } from './figure.ts';

/** What memory grows by. */
export interface GrowthOptions {
  readonly generator: Generator;
  readonly machines: readonly BenchMachine[];
  readonly lookups: number;
  readonly settling: number;
  progress(text: string): void;
}

/**
 * Memory after many lookups and rounds of registering and unregistering, and how much of it came with the second half
 * of them: what a process needs to get going it has after the first.
 */
export async function growth(
  daemon: Mymachines,
  { generator, machines, lookups, settling, progress }: GrowthOptions,
): Promise<Figure[]> {
  const rounds = Math.ceil(lookups / 100);
  progress(`memory after ${lookups} lookups and ${rounds} rounds of registering and unregistering`);
  const sizes: number[] = [];
  const workload = userdbByUid(generator).prepare(machines);
  const [passing] = machines as [BenchMachine];
  for (const _half of ['first', 'second']) {
    for (let done = 0; done < lookups / 2; ) {
      done += (await workload.run(daemon, { connections: 16, warmUp: 0, seconds: SECONDS })).total;
    }
    const calls = Array.from({ length: rounds / 2 }, () => [unregistration(passing), registration(passing)]);
    await askWithoutError(machineSocket(daemon), calls.flat());
    await wait(settling * 1000);
    sizes.push(residentMemory(daemon.pid) / MEBIBYTE);
  }
  const [first = 0, second = 0] = sizes;
  const after = `${lookups} lookups and ${rounds} rounds of registering and unregistering`;
  return [
    figure(
      `resident memory with ${machines.length} machines ${settling} s after ${after}`,
      'MiB',
      [second],
      goals.memoryFew,
    ),
    figure('of which came with the second half', 'MiB', [second - first], goals.memoryGrowth),
  ];
}

const SECONDS = 0.5;
