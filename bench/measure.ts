import type { LoadResult } from './load/load-result.ts';
import type { RatioOf, Side } from './result.ts';
import { type Spread, spread } from './statistics.ts';
import { processorTime } from './targets/process-figures.ts';
import type { Target } from './targets/target.ts';
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
  readonly processorTime: number | undefined;
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
  { ratioOf = 'rate', ...load }: WorkloadRun & { readonly ratioOf?: RatioOf | undefined },
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
  const ratios = candidates.map((sample, round) => sample[ratioOf] / (references[round] as Sample)[ratioOf]);
  return {
    reference: summary(references),
    candidate: summary(candidates),
    ratio: spread(ratios),
    firstError: [...references, ...candidates].find(({ errors }) => errors > 0)?.firstError,
  };
}

async function takeSample(workload: PreparedWorkload, target: Target, load: WorkloadRun): Promise<Sample> {
  await workload.before?.(target);
  const { pid } = target;
  const before = pid === undefined ? 0 : processorTime(pid);
  const result = await workload.run(target, load);
  if (result.calls === 0) throw new Error(`${target.name} answered nothing in ${load.seconds} s`);
  const used = pid === undefined ? undefined : (processorTime(pid) - before) / result.total;
  return { ...result, rate: result.calls / result.seconds, processorTime: used };
}

function summary(samples: readonly Sample[]): Side {
  const of = (figure: (sample: Sample) => number) => spread(samples.map(figure));
  const times = samples.flatMap((sample) => sample.processorTime ?? []);
  return {
    rate: of(({ rate }) => rate),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    ...(times.length > 0 && { processorTime: spread(times) }),
  };
}
