import { bootTime } from './clock.ts';
import type { Process } from './process.ts';

/**
 * How long ago a process was started, in microseconds, the time included in which the machine was suspended. Exact to
 * 10 ms: the 22nd field of proc_pid_stat(5). Throws ESRCH when it has ended.
 */
export function processAge(process: Process): number {
  const stat = process.readFile('stat');
  // The second field is the name in parentheses, and may have any character in it.
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3]);
  return bootTime() - ticks * TICK;
}

/** Microseconds in one of the hundredths of a second in which the kernel tells times to programs (USER_HZ, time(7)). */
const TICK = 10_000;
