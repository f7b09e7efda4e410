import koffi from 'koffi';
import { check, declare } from './libc.ts';

/** CLOCK_REALTIME in microseconds since 1970 (clock_gettime(2)), a safe integer until the year 2255. It jumps when the clock is set. */
export function realtime(): number {
  return read(0, 'CLOCK_REALTIME');
}

/** CLOCK_MONOTONIC in microseconds since some point near boot (clock_gettime(2)): what systemd stores beside every realtime. It stands still during suspend. */
export function monotonic(): number {
  return read(1, 'CLOCK_MONOTONIC');
}

interface TimeSpec {
  seconds: number;
  nanoseconds: number;
}

// struct timespec, whose two members are `long` wherever Node runs.
koffi.struct('TimeSpec', { seconds: 'long', nanoseconds: 'long' });
const clockGettime = declare('int clock_gettime(int clock, _Out_ TimeSpec *time)');

function read(clock: number, name: string): number {
  const time = {} as TimeSpec;
  check(clockGettime(clock, time), 'clock_gettime', name);
  return time.seconds * 1_000_000 + Math.floor(time.nanoseconds / 1000);
}
