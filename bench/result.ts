import type { Difference } from './answers.ts';
import type { Judged } from './goal.ts';
import type { ProtocolName } from './load/generator.ts';
import type { Spread } from './statistics.ts';

/** All that one run of the bench has found, as `--json` prints it. */
export interface BenchResult {
  /** ISO 8601. */
  readonly date: string;
  readonly system: SystemSummary;
  /** What was measured, and what else was measured with. */
  readonly programs: readonly Program[];
  /** Absent where no row needed it. */
  readonly generator?: GeneratorSummary;
  readonly rounds: number;
  /** Counted time of one measurement, in seconds. */
  readonly seconds: number;
  readonly rows: readonly Row[];
  readonly figures: readonly Figure[];
  /** Where two answered differently. */
  readonly disagreements: readonly Disagreement[];
}

/** What a part of a run has found. */
export type Findings = Pick<BenchResult, 'rows' | 'figures' | 'disagreements'>;

/** The questions of a workload that got different answers. */
export interface Disagreement {
  readonly workload: string;
  readonly against: string;
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

/** A program that had a part in it. */
export interface Program {
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

/** What a row's questions go over; `process` where each is a program that is run. */
export type RowProtocol = ProtocolName | 'dns' | 'process';

/** One line of the table. */
export interface Row {
  readonly workload: string;
  readonly protocol: RowProtocol;
  /** Or names, over DNS. */
  readonly machines: number;
  /** Questions that are on their way at a time; each has a connection of its own, but over DNS. */
  readonly connections: number;
  /** What it is compared with. */
  readonly against: string;
  readonly reference?: Side;
  readonly candidate?: Side;
  /** What the ratio is of: of rates where nothing is said. */
  readonly ratioOf?: RatioOf;
  /** Candidate's figure by reference's, round by round. Absent when it would mean nothing; `refused` says why. */
  readonly ratio?: Spread;
  readonly refused?: string;
  readonly goals: readonly Judged[];
  /** Calls a second with a service that gives constant answers, where the row has a ceiling of its own. */
  readonly ceiling?: number;
  /** Anything done for the sake of this row that a reader must know. */
  readonly note?: string;
}

/** Figures of a side of which a ratio can be. */
export type RatioOf = 'rate' | 'p99';

/** What one service did in all rounds of a row. */
export interface Side {
  /** Calls a second. */
  readonly rate: Spread;
  /** Latencies in microseconds, where each was seen. */
  readonly p50?: Spread;
  readonly p99?: Spread;
  /** Processor time of the service for one call, in microseconds, where there is a service. */
  readonly processorTime?: Spread;
  /** Questions without an answer, in all rounds. */
  readonly lost?: number;
}

/** A figure that is compared with nothing but its goal. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly value: Spread;
  /** None for what is only told. */
  readonly goal?: Judged;
}
