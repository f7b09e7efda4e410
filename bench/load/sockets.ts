import { check, declare, lastErrno, SystemError } from '../../src/linux/libc.ts';
import { AF_UNIX, unixAddress } from '../../src/linux/unix-address.ts';

/** Blocking AF_UNIX sockets and epoll, without Node's event loop: what a load generator can afford. */

/** Connects to a listening socket; throws a {@link SystemError} naming the path. */
export function connectTo(path: string): number {
  const fd = check(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), 'socket');
  const address = unixAddress(path);
  check(connect(fd, address, address.length), 'connect', path);
  return fd;
}

/** Listens at a path, which must not exist. */
export function listenAt(path: string): number {
  const fd = check(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), 'socket');
  const address = unixAddress(path);
  check(bind(fd, address, address.length), 'bind', path);
  check(listen(fd, 128), 'listen', path);
  return fd;
}

/** Takes the next connection. */
export function accept(fd: number): number {
  return check(accept4(fd, null, null, SOCK_CLOEXEC), 'accept4');
}

/** Receives what is there into `buffer`; 0 when the peer is gone. */
export function receive(fd: number, buffer: Uint8Array): number {
  const count = recv(fd, buffer, buffer.length, 0);
  if (count >= 0) return count;
  const errno = lastErrno();
  if (errno === ECONNRESET) return 0;
  throw new SystemError(errno, 'recv');
}

/** Sends all of it; blocks until the kernel has it. */
export function sendAll(fd: number, bytes: Uint8Array): void {
  const count = check(send(fd, bytes, bytes.length, MSG_NOSIGNAL), 'send');
  if (count < bytes.length) sendAll(fd, bytes.subarray(count));
}

/** Waits for many sockets at once. Every socket is known by a number that its user chooses. */
export class Readiness {
  readonly #epoll = check(epollCreate(EPOLL_CLOEXEC), 'epoll_create1');
  readonly #events = new Uint32Array(BATCH * WORDS);

  add(fd: number, key: number): void {
    const event = new Uint32Array(WORDS);
    event[0] = EPOLLIN;
    event[DATA] = key;
    check(epollControl(this.#epoll, EPOLL_CTL_ADD, fd, event), 'epoll_ctl');
  }

  remove(fd: number): void {
    check(epollControl(this.#epoll, EPOLL_CTL_DEL, fd, null), 'epoll_ctl');
  }

  /** Blocks until something can be read, and gives how many sockets; -1 as a timeout waits for ever. */
  wait(milliseconds: number): number {
    const count = epollWait(this.#epoll, this.#events, BATCH, milliseconds);
    if (count >= 0) return count;
    const errno = lastErrno();
    if (errno === EINTR) return 0;
    throw new SystemError(errno, 'epoll_wait');
  }

  /** The key of the socket at `index`, below what {@link wait} gave. */
  key(index: number): number {
    return this.#events[index * WORDS + DATA] as number;
  }
}

const socket = declare('int socket(int domain, int type, int protocol)');
const connect = declare('int connect(int fd, void *address, unsigned int length)');
const bind = declare('int bind(int fd, void *address, unsigned int length)');
const listen = declare('int listen(int fd, int backlog)');
const accept4 = declare('int accept4(int fd, void *address, void *length, int flags)');
const recv = declare('long recv(int fd, void *buffer, size_t length, int flags)');
const send = declare('long send(int fd, void *buffer, size_t length, int flags)');
const epollCreate = declare('int epoll_create1(int flags)');
const epollControl = declare('int epoll_ctl(int epfd, int op, int fd, void *event)');
const epollWait = declare('int epoll_wait(int epfd, void *events, int maxevents, int timeout)');

const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;
const EINTR = 4;
const ECONNRESET = 104;
const BATCH = 64;
// struct epoll_event is packed on x86-64 only (epoll_event(3type)): `data` begins at the second or the third word.
const DATA = process.arch === 'x64' ? 1 : 2;
const WORDS = DATA + 2;
