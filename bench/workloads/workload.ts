import type { Difference } from '../answers.ts';
import type { LoadResult } from '../load/load-result.ts';
import type { BenchMachine } from '../machines.ts';
import type { RatioOf, RowProtocol } from '../result.ts';
import type { Target } from '../targets/target.ts';

/** One kind of question that is measured: a group of rows in the table. */
export interface Workload {
  readonly name: string;
  readonly protocol: RowProtocol;
  /** What the ratio is of: of rates where nothing is said. */
  readonly ratioOf?: RatioOf;
  /** Gets the questions ready for these machines, the same ones for every target. */
  prepare(machines: readonly BenchMachine[]): PreparedWorkload;
}

/** A workload for certain machines. */
export interface PreparedWorkload {
  /** Asks both and gives what they answer differently. A ratio means nothing unless that is nothing. */
  compare(reference: Target, candidate: Target): Promise<readonly Difference[]>;
  /** Puts a target in the state to be measured in; neither its time nor its processor time counts. */
  before?(target: Target): Promise<void>;
  /**
   * Loads a service that gives constant answers, the reference's, where what is between it and who asks is so much that a
   * figure without it says more.
   */
  ceiling?(reference: Target, load: WorkloadRun): Promise<LoadResult>;
  /** Loads one target. */
  run(target: Target, load: WorkloadRun): Promise<LoadResult>;
}

/** How a target is loaded, times in seconds. */
export interface WorkloadRun {
  readonly connections: number;
  readonly warmUp: number;
  readonly seconds: number;
}
