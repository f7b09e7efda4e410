import { setTimeout as sleep } from 'node:timers/promises';
import type { DaemonProcess } from '../support/daemon-process.ts';

/** What a daemon holds at a time. */
export interface Reading {
  /** Bytes. */
  readonly memory: number;
  /** Without the one of each machine. */
  readonly descriptors: number;
  readonly timers: number;
}

/** Reads what a daemon holds that was started with the timer probe. */
export async function read(daemon: DaemonProcess, machines: number): Promise<Reading> {
  const before = daemon.wholeLog.length;
  process.kill(daemon.pid, 'SIGUSR2');
  let timers: string | undefined;
  for (let round = 0; timers === undefined && round < 500; round++) {
    await sleep(10);
    timers = /^timers (\d+)$/m.exec(daemon.wholeLog.slice(before))?.[1];
  }
  if (timers === undefined) throw new Error('the daemon does not tell its timers');
  return { memory: daemon.residentMemory, descriptors: daemon.descriptors - machines, timers: Number(timers) };
}

/**
 * What has grown, in words: the middle of the last third against that of the second third. In the first one buffers and
 * V8's spaces take their sizes.
 * @param memory bytes by which that may be more
 */
export function growth(readings: readonly Reading[], memory: number): string[] {
  const third = Math.floor(readings.length / 3);
  const [second, last] = [readings.slice(third, 2 * third), readings.slice(2 * third)];
  if (third === 0) return ['there are too few readings'];
  const grown: string[] = [];
  for (const [what, allowed] of Object.entries({ ...ALLOWED, memory }) as [keyof Reading, number][]) {
    const [before, after] = [middle(second, what), middle(last, what)];
    if (after - before > allowed) grown.push(`${what}: ${before} in the second third, ${after} in the last`);
  }
  return grown;
}

function middle(readings: readonly Reading[], what: keyof Reading): number {
  const sorted = readings.map((reading) => reading[what]).sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

/** By how much the middle may be more: connections come and go while it is read. */
const ALLOWED = { descriptors: 4, timers: 8 };
