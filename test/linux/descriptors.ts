import { readdirSync, readlinkSync } from 'node:fs';
import { check, declare } from '../../src/linux/libc.ts';

const pipe2 = declare('int pipe2(void *fds, int flags)');
const socketpair = declare('int socketpair(int domain, int type, int protocol, void *fds)');
const fcntl = declare('int fcntl(int fd, int command, int argument)');
const CLOEXEC_NONBLOCK = 0o2004000;

/** A pipe, both ends non-blocking. */
export function makePipe(): { reader: number; writer: number } {
  const fds = new Int32Array(2);
  check(pipe2(fds, CLOEXEC_NONBLOCK), 'pipe2');
  return { reader: fds[0] as number, writer: fds[1] as number };
}

/** Two connected AF_UNIX stream sockets, non-blocking. */
export function makeSocketPair(): [number, number] {
  const fds = new Int32Array(2);
  check(socketpair(1, 1 | CLOEXEC_NONBLOCK, 0, fds), 'socketpair');
  return [fds[0] as number, fds[1] as number];
}

/** A second descriptor of the same open file. */
export function dup(fd: number): number {
  const F_DUPFD_CLOEXEC = 1030;
  return check(fcntl(fd, F_DUPFD_CLOEXEC, 0), 'fcntl', 'F_DUPFD_CLOEXEC');
}

/** What the descriptors of this process refer to, by number. */
export function openDescriptors(): Map<number, string> {
  const found = new Map<number, string>();
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      found.set(Number(fd), readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      // The descriptor that listed the directory is gone already.
    }
  }
  return found;
}
