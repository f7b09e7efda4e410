import type { LoadResult } from '../load/load-result.ts';

/** Does something over and over, one after the other, at least once and for so many seconds. */
export async function repeatFor(seconds: number, once: () => Promise<void>): Promise<LoadResult> {
  const start = performance.now();
  const moments = [start];
  do {
    await once();
    moments.push(performance.now());
  } while (performance.now() - start < seconds * 1000);
  return between(moments);
}

/** The figures of calls that followed each other, given when the first began and when each ended, in milliseconds. */
export function between(moments: readonly number[]): LoadResult {
  const times = moments.slice(1).map((moment, index) => (moment - (moments[index] as number)) * 1000);
  const sorted = times.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  const seconds = sorted.reduce((sum, time) => sum + time, 0) / 1e6;
  return { calls: sorted.length, total: sorted.length, seconds, errors: 0, p50: at(0.5), p99: at(0.99), max: at(1) };
}
