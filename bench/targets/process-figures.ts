import { readdirSync, readFileSync } from 'node:fs';

/** Processor time a process has used so far, user and system, in microseconds; exact to 10 ms (proc_pid_stat(5)). */
export function processorTime(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * (1e6 / TICKS);
}

/** Processor time that a process's main thread has used so far, in milliseconds; exact to the nanosecond. */
export function mainThreadTime(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ', 1)[0]) / 1e6;
}

/** Memory of a process that is in RAM, in bytes. */
export function residentMemory(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Number(kilobytes) * 1024;
}

/** How many descriptors it has open. */
export function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/**
 * How often its threads went to sleep in so many seconds, and so were woken (proc_pid_status(5),
 * voluntary_ctxt_switches).
 */
export async function wakeUps(pid: number, seconds: number): Promise<number> {
  const before = sleeps(pid);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return sleeps(pid) - before;
}

function sleeps(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1');
    return sum + Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(text)?.[1]);
  }, 0);
}

// USER_HZ, which is 100 on every architecture that Node runs on.
const TICKS = 100;
