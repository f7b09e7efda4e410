import type { LoadResult } from './load/load-result.ts';
import type { Side } from './result.ts';
import { type Spread, spread } from './statistics.ts';
import { processorTime, residentMemory, type Target } from './targets/target.ts';
import type { PreparedWorkload, WorkloadRun } from './workloads/workload.ts';

/** The same load on two services. */
export interface Measurement {
  readonly reference: Side;
  readonly candidate: Side;
  readonly ratio: Spread;
  /** The first error reply to any of the calls, if there was one. */
  readonly firstError: string | undefined;
}

interface Sample extends LoadResult {
  readonly rate: number;
  readonly processorTime: number;
}

/**
 * Loads two services in turn, never both at once, so that whatever else the machine does meets both alike. Which one
 * begins changes with every round; the ratio is taken within each round.
 */
export async function measure(
  workload: PreparedWorkload,
  reference: Target,
  candidate: Target,
  rounds: number,
  load: WorkloadRun,
): Promise<Measurement> {
  const references: Sample[] = [];
  const candidates: Sample[] = [];
  for (let round = 0; round < rounds; round++) {
    const turns: [Target, Sample[]][] = [
      [reference, references],
      [candidate, candidates],
    ];
    if (round % 2 === 1) turns.reverse();
    for (const [target, samples] of turns) samples.push(await takeSample(workload, target, load));
  }
  const ratios = candidates.map(({ rate }, round) => rate / (references[round] as Sample).rate);
  return {
    reference: summary(references, reference),
    candidate: summary(candidates, candidate),
    ratio: spread(ratios),
    firstError: [...references, ...candidates].find(({ errors }) => errors > 0)?.firstError,
  };
}

async function takeSample(workload: PreparedWorkload, target: Target, load: WorkloadRun): Promise<Sample> {
  const before = processorTime(target.pid);
  const result = await workload.run(target, load);
  if (result.calls === 0) throw new Error(`${target.name} answered nothing in ${load.seconds} s`);
  const used = processorTime(target.pid) - before;
  return { ...result, rate: result.calls / result.seconds, processorTime: used / result.total };
}

function summary(samples: readonly Sample[], target: Target): Side {
  const of = (figure: (sample: Sample) => number) => spread(samples.map(figure));
  return {
    rate: of(({ rate }) => rate),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    processorTime: of((sample) => sample.processorTime),
    residentMemory: residentMemory(target.pid),
  };
}
