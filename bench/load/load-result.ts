/** What a load generator has counted in one run. The C one prints the same. Times are in microseconds. */
export interface LoadResult {
  /** Replies during the counted time. */
  readonly calls: number;
  /** Replies altogether, warm-up included: what the server's CPU time is divided by. */
  readonly total: number;
  /** How long the counted time was, in seconds. */
  readonly seconds: number;
  /** Replies that were errors, warm-up included. */
  readonly errors: number;
  /** The beginning of the first of them. */
  readonly firstError?: string;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}
