import type { Process } from './process.ts';

/**
 * When a process started, in microseconds of CLOCK_BOOTTIME, to 10 ms (starttime, field 22 of proc_pid_stat(5)).
 * Where pidfds have no ids of their own this and the PID tell a process from a later one. Throws ESRCH when it has ended.
 */
export function readStartTime(process: Process): number {
  const stat = process.readFile('stat');
  // The second field is the name in parentheses, and may have any character in it.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3];
  return Number(ticks) * MICROSECONDS_PER_TICK;
}

// USER_HZ is 100 on every architecture that Node runs on.
const MICROSECONDS_PER_TICK = 10_000;
