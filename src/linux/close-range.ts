import { check, declare } from './libc.ts';

/** Closes every descriptor of this process but these (close_range(2), Linux 5.9). Throws a SystemError: ENOSYS. */
export function closeAllBut(kept: readonly number[]): void {
  let first = 0;
  for (const fd of [...kept].sort((one, other) => one - other)) {
    if (fd > first) close(first, fd - 1);
    first = fd + 1;
  }
  close(first, LAST);
}

function close(first: number, last: number): void {
  check(closeRange(SYS_close_range, first, last, 0), 'close_range');
}

/** The highest number that there can be. */
const LAST = 0x7fffffff;
// glibc has had a function for it since 2.34 only; the number is the same on every architecture.
const SYS_close_range = 436;
const closeRange = declare('long syscall(long number, ulong first, ulong last, ulong flags)');
