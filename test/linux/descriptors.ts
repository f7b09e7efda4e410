import { readdirSync, readlinkSync } from 'node:fs';
import koffi from 'koffi';
import { check, declare } from '../../src/linux/libc.ts';

const pipe2 = declare('int pipe2(void *fds, int flags)');
const socketpair = declare('int socketpair(int domain, int type, int protocol, void *fds)');
const shutdown = declare('int shutdown(int fd, int how)');
const sendmsg = declare('long sendmsg(int fd, void *message, int flags)');
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

/** Tells the other end of a stream socket that nothing more will come. */
export function shutdownWriting(fd: number): void {
  check(shutdown(fd, 1), 'shutdown');
}

/** Sends text and, along with it, a duplicate of a descriptor (SCM_RIGHTS). */
export function sendDescriptor(socket: number, fd: number, text: string): void {
  const bytes = Buffer.from(text);
  // struct iovec, struct cmsghdr with one int, struct msghdr: their layouts on 64-bit Linux.
  const vector = new BigUint64Array([koffi.address(bytes), BigInt(bytes.length)]);
  const control = new DataView(new ArrayBuffer(24));
  control.setBigUint64(0, 20n, true);
  control.setInt32(8, 1, true);
  control.setInt32(12, 1, true);
  control.setInt32(16, fd, true);
  const message = new BigUint64Array([0n, 0n, koffi.address(vector), 1n, koffi.address(control.buffer), 24n, 0n]);
  check(sendmsg(socket, message, 0), 'sendmsg');
}
