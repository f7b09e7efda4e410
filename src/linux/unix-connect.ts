import { closeSync } from 'node:fs';
import type { EventLoop } from './event-loop.ts';
import { check } from './libc.ts';
import { connectSocket, openSocket, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from './socket.ts';
import { AF_UNIX, abstractAddress, unixAddress } from './unix-address.ts';
import { type StreamOptions, UnixStream } from './unix-stream.ts';

/** Where somebody listens: the path of a socket, or a name in the abstract namespace (unix(7)). */
export type UnixAddress = { readonly path: string } | { readonly abstract: string };

/**
 * Connects to an AF_UNIX stream socket, which is done or has failed when this returns: the kernel puts a connection
 * into the listener's queue at once. Throws a TypeError for an address that cannot be one, else a SystemError: ENOENT,
 * ECONNREFUSED when nobody listens there, EAGAIN when the listener's queue is full, EACCES.
 */
export function connectUnix(loop: EventLoop, to: UnixAddress, options: StreamOptions = {}): UnixStream {
  const address = 'path' in to ? unixAddress(to.path) : abstractAddress(to.abstract);
  const fd = openUnixSocket();
  try {
    check(connectSocket(fd, address, address.length), 'connect', 'path' in to ? to.path : `@${to.abstract}`);
    return new UnixStream(loop, fd, options);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** An AF_UNIX stream socket that is connected with nothing yet, non-blocking and close-on-exec. */
export function openUnixSocket(): number {
  return check(openSocket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), 'socket');
}

/**
 * Connects a socket to the one that a descriptor stands for (O_PATH), wherever its file is. Throws as
 * {@link connectUnix}; what is no socket is ECONNREFUSED.
 */
export function connectToFile(socket: number, file: number): void {
  const address = unixAddress(`/proc/self/fd/${file}`);
  check(connectSocket(socket, address, address.length), 'connect');
}
