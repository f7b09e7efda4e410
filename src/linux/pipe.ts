import { check, declare, errnoName, lastErrno, SystemError } from './libc.ts';

/**
 * A pipe(2), both ends close-on-exec: what is written to the second end is read from the first. Throws a SystemError:
 * EMFILE, ENFILE.
 */
export function openPipe(): readonly [number, number] {
  check(pipe2(ends, O_CLOEXEC), 'pipe2');
  return [ends[0] as number, ends[1] as number];
}

/**
 * Waits until something can be read of one of these, or the other end of one is gone, and holds everything up meanwhile.
 * @returns which of them, none after that time
 */
export function waitReadable(descriptors: readonly number[], milliseconds: number): number[] {
  const deadline = performance.now() + milliseconds;
  // struct pollfd: int fd; short events; short revents.
  const words = new Int32Array(descriptors.length * 2);
  const halves = new Int16Array(words.buffer);
  for (const [index, fd] of descriptors.entries()) {
    words[index * 2] = fd;
    halves[index * 4 + 2] = POLLIN;
  }
  for (;;) {
    const ready: number = poll(words, descriptors.length, Math.max(0, Math.ceil(deadline - performance.now())));
    const errno = ready < 0 ? lastErrno() : 0;
    if (ready >= 0) return descriptors.filter((_, index) => halves[index * 4 + 3] !== 0);
    if (errnoName(errno) !== 'EINTR') throw new SystemError(errno, 'poll');
  }
}

const POLLIN = 1;
const O_CLOEXEC = 0o2000000;
const ends = new Int32Array(2);
const pipe2 = declare('int pipe2(void *ends, int flags)');
const poll = declare('int poll(void *fds, ulong count, int timeout)');
