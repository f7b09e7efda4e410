import { readFileSync } from 'node:fs';

/**
 * Starts to measure, and gives what tells the milliseconds since: without those in which one of the processes could have
 * run and did not get a processor, so that it says the same on a machine that has other things to do.
 */
export function stopwatch(...pids: readonly number[]): () => number {
  const start = performance.now();
  const waited = waitedFor(pids);
  return () => performance.now() - start - (waitedFor(pids) - waited);
}

/** Of their first threads, from the kernel's statistics of its scheduler (Documentation/scheduler/sched-stats.rst). */
function waitedFor(pids: readonly number[]): number {
  const nanoseconds = pids.map((pid) =>
    Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ')[1]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}
