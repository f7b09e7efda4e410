/**
 * Sockets by system call (socket(2), socket(7)): what the files about one kind of socket have in common. The numbers
 * are those of the architectures that Node runs on Linux.
 *
 * @module
 */
import { constants } from 'node:fs';
import { declare, type Native } from './libc.ts';

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_CLOEXEC = 0o2000000;
export const SOCK_NONBLOCK: number = constants.O_NONBLOCK;

/** Level of the options that every socket has. */
export const SOL_SOCKET = 1;

/** No SIGPIPE when the other side is gone. */
export const MSG_NOSIGNAL = 0x4000;
/** Waits for nothing (EAGAIN), whatever the socket does otherwise. */
export const MSG_DONTWAIT = 0x40;
/** Of what was received: some did not fit in; asked for: the length that it would have had. */
export const MSG_TRUNC = 0x20;

export const openSocket: Native = declare('int socket(int domain, int type, int protocol)');
export const getSocketOption: Native = declare(
  'int getsockopt(int fd, int level, int option, void *value, void *length)',
);
export const setSocketOption: Native = declare(
  'int setsockopt(int fd, int level, int option, void *value, uint length)',
);
export const sendBytes: Native = declare('long send(int fd, void *buffer, size_t length, int flags)');
export const bindSocket: Native = declare('int bind(int fd, void *address, uint length)');
export const connectSocket: Native = declare('int connect(int fd, void *address, uint length)');
