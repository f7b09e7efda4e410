import { declare, errnoName, lastErrno, SystemError } from './libc.ts';

/** How a process has ended: by itself with a status, or by a signal. */
export type ProcessEnd = { readonly status: number } | { readonly signal: number };

/** Waits for the end of a child, and holds everything up meanwhile. Throws a SystemError: ECHILD. */
export function waitForChild(pid: number): ProcessEnd {
  while (waitpid(pid, status, 0) < 0) {
    const errno = lastErrno();
    if (errnoName(errno) !== 'EINTR') throw new SystemError(errno, 'waitpid', String(pid));
  }
  const word = status[0] as number;
  // wait(2): the low seven bits are the signal, the next byte is the status.
  return (word & 0x7f) === 0 ? { status: (word >> 8) & 0xff } : { signal: word & 0x7f };
}

const status = new Int32Array(1);
const waitpid = declare('int waitpid(int pid, void *status, int options)');
