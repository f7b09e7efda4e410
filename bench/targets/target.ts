import { readFileSync } from 'node:fs';

/** A running service to measure. */
export interface Target {
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  /** The directory its sockets are below: `machine/io.systemd.Machine`, `userdb/io.systemd.Machine`. */
  readonly runtimeDirectory: string;
  /** Where it is on a bus. */
  readonly bus: BusService;
}

/** A name on a bus. */
export interface BusService {
  /** The path at which the bus listens. */
  readonly socket: string;
  readonly name: string;
}

/** Processor time a process has used so far, user and system, in microseconds; exact to 10 ms (proc_pid_stat(5)). */
export function processorTime(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * (1e6 / TICKS);
}

/** Memory of a process that is in RAM, in bytes. */
export function residentMemory(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Number(kilobytes) * 1024;
}

// USER_HZ, which is 100 on every architecture that Node runs on.
const TICKS = 100;
