import { chmodSync, closeSync, lstatSync, openSync, unlinkSync } from 'node:fs';
import { EPOLLIN, type EventLoop, type Watch } from './event-loop.ts';
import { check, declare, errnoName, lastErrno, SystemError } from './libc.ts';
import { setNonBlocking } from './non-blocking.ts';
import {
  bindSocket,
  openSocket,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  setSocketOption,
} from './socket.ts';
import { AF_UNIX, unixAddress } from './unix-address.ts';
import { UnixStream } from './unix-stream.ts';

/** How a socket is made; everything has a default. */
export interface ListenOptions {
  /** Permissions of the socket file, whatever the umask; default 0o666. Connecting needs the right to write. */
  readonly mode?: number;
  /** How many connections may wait to be accepted; default 4096, the kernel caps it at net.core.somaxconn. */
  readonly backlog?: number;
  /**
   * Told when connections had to be turned away, or to wait, because no descriptor or memory was left (EMFILE, ENFILE,
   * ENOMEM, ENOBUFS).
   * May be called for every such connection.
   */
  readonly onShortage?: (error: SystemError) => void;
  /**
   * Whoever sends a descriptor is told EPERM (SO_PASSRIGHTS, Linux 6.16), and whatever it is of never reaches us, not even
   * to be closed. An older kernel drops it when the bytes are read.
   */
  readonly refuseDescriptors?: boolean;
  /** Asked for a descriptor for the next connection before it is turned away: true when one was closed. */
  readonly makeRoom?: () => boolean;
}

/**
 * Accepts AF_UNIX stream connections on an {@link EventLoop}, at most 64 in a round.
 *
 * When no descriptor is left, and none is made free, a connection is accepted on one kept in reserve and closed at once,
 * so that the client learns it now and not from a timeout. If even that fails, accepting rests for 100 ms. It never spins.
 */
export class UnixListener {
  readonly #loop: EventLoop;
  readonly #fd: number;
  readonly #onShortage: (error: SystemError) => void;
  readonly #makeRoom: () => boolean;
  #path: string | undefined;
  #inode: bigint | undefined;
  #reserve: number;
  #watch: Watch | undefined;
  #rest: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * Takes a socket over that is bound and listening already, such as one passed by systemd (listen-fds.ts).
   * It is made non-blocking. Throws when it cannot be, or when no descriptor is left for the reserve.
   */
  constructor(loop: EventLoop, fd: number, options: Omit<ListenOptions, 'mode' | 'backlog'> = {}) {
    this.#loop = loop;
    this.#onShortage = options.onShortage ?? (() => {});
    this.#makeRoom = options.makeRoom ?? (() => false);
    this.#fd = fd;
    setNonBlocking(fd);
    // Connections have it from the socket that listens. Where the kernel does not know it, reading drops them.
    if (options.refuseDescriptors === true) setSocketOption(fd, SOL_SOCKET, SO_PASSRIGHTS, NO, NO.byteLength);
    this.#reserve = openReserve();
  }

  /**
   * Makes a socket at a path and listens on it. {@link close} removes the file again.
   * Throws a TypeError for a path that cannot be an address (more than 107 bytes), else a {@link SystemError}:
   * EADDRINUSE when there is a file of that name, whatever it is (stale-socket.ts removes a dead socket), ENOENT,
   * EACCES.
   */
  static bind(loop: EventLoop, path: string, options: ListenOptions = {}): UnixListener {
    const address = unixAddress(path);
    const fd = check(openSocket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), 'socket');
    let bound = false;
    try {
      check(bindSocket(fd, address, address.length), 'bind', path);
      bound = true;
      // Before listen(2) nobody can connect, so no one comes in under the permissions that the umask left.
      chmodSync(path, options.mode ?? 0o666);
      check(listen(fd, options.backlog ?? 4096), 'listen', path);
      const listener = new UnixListener(loop, fd, options);
      listener.#path = path;
      listener.#inode = lstatSync(path, { bigint: true }).ino;
      return listener;
    } catch (error) {
      closeSync(fd);
      if (bound) unlinkSync(path);
      throw error;
    }
  }

  /** Starts accepting. The callback gets every connection before anything is read from it, and owns it. */
  start(accept: (stream: UnixStream) => void): void {
    if (this.#closed || this.#watch !== undefined)
      throw new Error('the listener is closed or has been started already');
    this.#watch = this.#loop.watch(this.#fd, EPOLLIN, () => this.#acceptBatch(accept), 'new connections');
  }

  /**
   * Stops listening and removes the socket file, if it is still the one that was made. Accepted connections live on.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch?.stop();
    clearTimeout(this.#rest);
    // As long as the socket is open no other file can have its inode number.
    if (this.#path !== undefined && inodeOf(this.#path) === this.#inode) unlinkSync(this.#path);
    closeSync(this.#fd);
    if (this.#reserve >= 0) closeSync(this.#reserve);
  }

  #acceptBatch(accept: (stream: UnixStream) => void): void {
    for (let budget = CONNECTIONS_PER_ROUND; budget > 0 && !this.#closed; budget--) {
      const fd = accept4(this.#fd, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd >= 0) {
        accept(new UnixStream(this.#loop, fd));
        continue;
      }
      const errno = lastErrno();
      const code = errnoName(errno);
      if (code === 'EAGAIN') return;
      if (code === 'EINTR' || code === 'ECONNABORTED') continue;
      const error = new SystemError(errno, 'accept4', this.#path);
      const outOfDescriptors = error.code === 'EMFILE' || error.code === 'ENFILE';
      if (outOfDescriptors && this.#makeRoom()) {
        this.#onShortage(error);
        continue;
      }
      const turnedAway = outOfDescriptors && this.#turnAway();
      if (!turnedAway) this.#takeRest();
      this.#onShortage(error);
      if (!turnedAway) return;
    }
  }

  /** Accepts one connection on the descriptor in reserve, and closes it. False when even that was not possible. */
  #turnAway(): boolean {
    if (this.#reserve >= 0) closeSync(this.#reserve);
    const fd = accept4(this.#fd, null, null, SOCK_CLOEXEC);
    const done = fd >= 0 || errnoName(lastErrno()) === 'EAGAIN';
    if (fd >= 0) closeSync(fd);
    try {
      this.#reserve = openReserve();
    } catch {
      this.#reserve = -1;
    }
    return done;
  }

  /** The backlog would be reported again at once, without end, as long as nothing can be accepted. */
  #takeRest(): void {
    this.#watch?.modify(0);
    this.#rest = setTimeout(() => this.#watch?.modify(EPOLLIN), REST_MS);
  }
}

const CONNECTIONS_PER_ROUND = 64;
const REST_MS = 100;

const SO_PASSRIGHTS = 83;
const NO = new Uint32Array([0]);

const listen = declare('int listen(int fd, int backlog)');
const accept4 = declare('int accept4(int fd, void *address, void *length, int flags)');

function openReserve(): number {
  return openSync('/dev/null', 'r');
}

function inodeOf(path: string): bigint | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
