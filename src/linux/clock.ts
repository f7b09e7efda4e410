import { check, declare } from './libc.ts';

/**
 * This moment on two clocks, in whole microseconds (clock_gettime(2)), as systemd stores the times of what it keeps.
 * `realtime` counts from 1970 and jumps when the clock is set; it is a safe integer until the year 2255.
 * `monotonic` counts from near boot and stands still during suspend.
 */
export function currentTimestamp(): { readonly realtime: number; readonly monotonic: number } {
  return { realtime: read(CLOCK_REALTIME), monotonic: read(CLOCK_MONOTONIC) };
}

/** Microseconds since boot, those in suspend included (CLOCK_BOOTTIME), as the kernel tells when a process was started. */
export function bootTime(): number {
  return read(CLOCK_BOOTTIME);
}

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;

// struct timespec of two 64-bit members, as all 64-bit architectures have it.
const time = new BigInt64Array(2);
const clockGettime = declare('int clock_gettime(int clock, void *time)');

function read(clock: number): number {
  check(clockGettime(clock, time), 'clock_gettime');
  return Number(time[0]) * 1_000_000 + Math.floor(Number(time[1]) / 1000);
}
