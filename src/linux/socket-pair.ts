import { check, declare } from './libc.ts';
import { SOCK_CLOEXEC, SOCK_STREAM } from './socket.ts';
import { AF_UNIX } from './unix-address.ts';

/**
 * Two AF_UNIX stream sockets that are connected with each other (socketpair(2)), close-on-exec. Throws a SystemError:
 * EMFILE, ENFILE.
 */
export function openSocketPair(): readonly [number, number] {
  check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 'socketpair');
  return [pair[0] as number, pair[1] as number];
}

const pair = new Int32Array(2);
const socketpair = declare('int socketpair(int domain, int type, int protocol, void *pair)');
