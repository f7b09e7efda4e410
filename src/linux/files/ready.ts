import { check, declare, errnoName, lastErrno } from '../libc.ts';

/**
 * Which of some descriptors have something to read, or have come to their end (poll(2)).
 * @param wait until one is ready; otherwise it is only looked
 */
export function readyToRead(descriptors: readonly number[], wait: boolean): readonly number[] {
  const fields = new Int32Array(2 * descriptors.length);
  for (const [index, descriptor] of descriptors.entries()) fields.set([descriptor, POLLIN], 2 * index);
  const result = poll(fields, descriptors.length, wait ? -1 : 0);
  if (result < 0 && errnoName(lastErrno()) === 'EINTR') return [];
  check(result, 'poll');
  // struct pollfd { int fd; short events; short revents; }
  return descriptors.filter((_, index) => (fields[2 * index + 1] as number) >>> 16 !== 0);
}

const POLLIN = 1;
const poll = declare('int poll(void *fds, ulong count, int timeout)');
