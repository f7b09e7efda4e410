import type { Difference } from './answers.ts';
import type { ProtocolName } from './load/generator.ts';
import type { Spread } from './statistics.ts';

/** All that one run of the bench has found, as `--json` prints it. */
export interface BenchResult {
  /** ISO 8601. */
  readonly date: string;
  readonly system: SystemSummary;
  readonly reference: TargetSummary;
  readonly candidate: TargetSummary;
  readonly generator: GeneratorSummary;
  readonly rounds: number;
  /** Counted time of one measurement, in seconds. */
  readonly seconds: number;
  readonly rows: readonly Row[];
  /** Where the two answered differently. */
  readonly disagreements: readonly Disagreement[];
}

/** The questions of a workload that got different answers. */
export interface Disagreement {
  readonly workload: string;
  readonly machines: number;
  readonly differences: readonly Difference[];
}

/** The machine that was measured on. */
export interface SystemSummary {
  readonly processor: string;
  readonly processors: number;
  readonly kernel: string;
  readonly node: string;
  /** The share of processor time, from 0 to 1, that was used while nothing was measured: before or after, the greater. */
  readonly busy: number;
}

/** A service that was measured. */
export interface TargetSummary {
  readonly name: string;
  readonly version: string;
}

/** The load generator and how fast it is with a server that does nothing, in calls a second. */
export interface GeneratorSummary {
  readonly used: string;
  readonly ceilings: readonly {
    readonly protocol: ProtocolName;
    readonly generator: string;
    readonly connections: number;
    readonly rate: number;
  }[];
}

/** One line of the table. */
export interface Row {
  readonly workload: string;
  readonly protocol: ProtocolName;
  readonly machines: number;
  readonly connections: number;
  readonly reference?: Side;
  readonly candidate?: Side;
  /** Candidate's rate by reference's rate, round by round. Absent when it would mean nothing; `refused` says why. */
  readonly ratio?: Spread;
  readonly refused?: string;
  /** Anything done for the sake of this row that a reader must know. */
  readonly note?: string;
}

/** What one service did in all rounds of a row. */
export interface Side {
  /** Calls a second. */
  readonly rate: Spread;
  /** Latencies in microseconds. */
  readonly p50: Spread;
  readonly p99: Spread;
  /** Processor time of the service for one call, in microseconds. */
  readonly processorTime: Spread;
  /** Memory after the last round, in bytes. */
  readonly residentMemory: number;
}
