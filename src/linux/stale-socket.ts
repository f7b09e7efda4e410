import { closeSync, lstatSync, unlinkSync } from 'node:fs';
import { errnoName, lastErrno, SystemError } from './libc.ts';
import { connectSocket, openSocket, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from './socket.ts';
import { AF_UNIX, unixAddress } from './unix-address.ts';

/**
 * Removes a socket file that nobody listens on any more, as a killed process leaves it behind.
 * True: there is nothing at the path now. False: somebody is listening there, or what is there is no stream socket; it
 * was left alone.
 * Throws a {@link SystemError} when that cannot be found out or the file cannot be removed.
 *
 * Two processes that do this at the same moment can remove each other's new socket: keep a lock around it and bind(2).
 */
export function removeStaleSocket(path: string): boolean {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file === undefined) return true;
  // connect(2) answers ECONNREFUSED for every other kind of file too.
  if (!file.isSocket()) return false;
  const errno = tryConnect(path);
  switch (errno === 0 ? 'connected' : errnoName(errno)) {
    case 'ENOENT':
      return true;
    case 'ECONNREFUSED':
      unlinkSync(path);
      return true;
    // EAGAIN: its backlog is full. EPROTOTYPE: it takes datagrams or packets.
    case 'connected':
    case 'EAGAIN':
    case 'EPROTOTYPE':
      return false;
    default:
      throw new SystemError(errno, 'connect', path);
  }
}

function tryConnect(path: string): number {
  const address = unixAddress(path);
  const fd = openSocket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new SystemError(lastErrno(), 'socket');
  try {
    return connectSocket(fd, address, address.length) < 0 ? lastErrno() : 0;
  } finally {
    closeSync(fd);
  }
}
