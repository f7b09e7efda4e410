import { check, declare } from './libc.ts';

/**
 * Another descriptor of the same open file, close-on-exec, which the taker closes (F_DUPFD_CLOEXEC, fcntl(2)). Throws a
 * SystemError: EBADF, EMFILE.
 */
export function duplicateDescriptor(descriptor: number): number {
  return check(fcntl(descriptor, F_DUPFD_CLOEXEC, 0), 'fcntl', 'F_DUPFD_CLOEXEC');
}

const F_DUPFD_CLOEXEC = 1030;
const fcntl = declare('int fcntl(int fd, int command, int value)');
