import { closeSync } from 'node:fs';
import koffi from 'koffi';
import type { HoldUps } from './hold-ups.ts';
import { check, declare, errnoName, lastErrno, SystemError } from './libc.ts';

/** Event bits of epoll_ctl(2). EPOLLHUP, and EPOLLERR (0x008), are reported whether asked for or not. */
export const EPOLLIN = 0x001;
export const EPOLLOUT = 0x004;
export const EPOLLHUP = 0x010;

/** One descriptor being watched. */
export interface Watch {
  /** Changes what is waited for; 0 leaves EPOLLERR and EPOLLHUP, which cannot be turned off. */
  modify(events: number): void;
  /**
   * Ends the watch; its callback is not called again, not even for what was already reported. Call it before closing
   * the descriptor.
   */
  stop(): void;
}

/**
 * Watches any number of descriptors through one epoll descriptor, which is all that Node's own loop sees of them.
 *
 * Level-triggered: what a callback leaves unread is reported again.
 * A round takes what is there, and what comes while that is dealt with if it takes a tenth of a millisecond, but never
 * more than 64 events. Then Node's timers and other descriptors have their turn, so no crowd of busy descriptors can hold
 * up the rest of the process.
 * The process is kept alive while at least one descriptor is watched, as with the sockets of node:net.
 * Promise jobs and ticks started in a callback run when all callbacks of the round have returned.
 * An exception in a callback becomes an `uncaughtException`; the other callbacks of the round still run.
 */
export class EventLoop {
  readonly #epoll: number;
  readonly #poll: ReturnType<typeof koffi.node.poll>;
  // A watch is known to the kernel by its place here and a generation, which tells it from an earlier user of the
  // place.
  readonly #places: Place[] = [];
  readonly #free: number[] = [];
  readonly #batch = new Uint32Array(BATCH * WORDS);
  readonly #change = new Uint32Array(WORDS);
  #watched = 0;
  #closed = false;

  /** Milliseconds. */
  readonly #busyPoll: number;
  readonly #holdUps: HoldUps | undefined;
  #polling = false;
  /** Of performance.now(): when the last events were dealt with. */
  #lastEvent = 0;

  /**
   * Throws a {@link SystemError} when no descriptor is left.
   * @param options.busyPoll milliseconds for which it looks for the next event after each, instead of sleeping. It trades
   * processor time for quick answers: being woken up takes longer than most answers. 0, the default: it sleeps.
   * @param options.holdUps told of each round
   */
  constructor({ busyPoll = 0, holdUps }: { readonly busyPoll?: number; readonly holdUps?: HoldUps } = {}) {
    this.#busyPoll = busyPoll;
    this.#holdUps = holdUps;
    this.#epoll = check(epollCreate(EPOLL_CLOEXEC), 'epoll_create1');
    this.#poll = koffi.node.poll(this.#epoll, () => this.#wake());
    this.#poll.unref();
  }

  /**
   * Calls back with the event bits that are ready, until the watch is stopped.
   * Throws a {@link SystemError}: EEXIST for a descriptor that is watched already, EPERM for one that is always ready
   * (a regular file).
   * @param name by which it is told that the callback took long; without one it is one of the connections
   */
  watch(fd: number, events: number, callback: (events: number) => void, name?: string): Watch {
    if (this.#closed) throw new Error('the event loop is closed');
    const index = this.#free.pop() ?? this.#places.push({ callback: undefined, name: undefined, generation: 0 }) - 1;
    const place = this.#places[index] as Place;
    if (this.#control(EPOLL_CTL_ADD, fd, events, index, place.generation) < 0) {
      this.#free.push(index);
      throw new SystemError(lastErrno(), 'epoll_ctl', `add ${fd}`);
    }
    place.callback = callback;
    place.name = name;
    if (this.#watched++ === 0) this.#poll.ref();

    let current = events;
    let active = true;
    return {
      modify: (wanted) => {
        if (!active || this.#closed || wanted === current) return;
        check(this.#control(EPOLL_CTL_MOD, fd, wanted, index, place.generation), 'epoll_ctl', `modify ${fd}`);
        current = wanted;
      },
      stop: () => {
        if (!active || this.#closed) return;
        active = false;
        // A failure can only mean that the descriptor is closed already, and then the kernel has forgotten it by
        // itself.
        this.#control(EPOLL_CTL_DEL, fd, 0, index, place.generation);
        place.callback = undefined;
        place.generation = (place.generation + 1) >>> 0;
        this.#free.push(index);
        if (--this.#watched === 0) this.#poll.unref();
      },
    };
  }

  /**
   * Stops all watches and gives the epoll descriptor back. The watched descriptors stay open: they belong to whoever
   * opened them.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const place of this.#places) place.callback = undefined;
    // libuv must let go of the descriptor before its number can mean something else.
    this.#poll.close();
    closeSync(this.#epoll);
  }

  #control(operation: number, fd: number, events: number, index: number, generation: number): number {
    this.#change[0] = events;
    this.#change[DATA] = index;
    this.#change[DATA + 1] = generation;
    return epollControl(this.#epoll, operation, fd, this.#change);
  }

  #wake(): void {
    if (this.#closed) return;
    let now = performance.now();
    const end = now + ROUND;
    this.#holdUps?.begin(now);
    // Coming back through Node's own loop for what has come meanwhile takes longer than another look.
    for (let room = BATCH; room > 0; ) {
      const count = epollWait(this.#epoll, this.#batch, room, 0);
      if (count < 0) {
        const errno = lastErrno();
        if (errnoName(errno) !== 'EINTR') this.#fail(new SystemError(errno, 'epoll_wait'));
        return;
      }
      if (count === 0) break;
      this.#report(count);
      room -= count;
      now = performance.now();
      if (this.#closed || now > end) break;
    }
    this.#holdUps?.end(now, 'connections');
    if (this.#busyPoll > 0) this.#stayAwake();
  }

  #report(count: number): void {
    const batch = this.#batch;
    for (let at = 0, end = count * WORDS; at < end; at += WORDS) {
      const place = this.#places[batch[at + DATA] as number];
      // Stopped by an earlier callback of this round, and perhaps taken by a new watch since.
      if (place?.callback === undefined || place.generation !== batch[at + DATA + 1]) continue;
      try {
        if (place.name === undefined || this.#holdUps === undefined) place.callback(batch[at] as number);
        else this.#callTimed(place.name, place.callback, batch[at] as number, this.#holdUps);
      } catch (error) {
        rethrow(error);
      }
    }
  }

  #callTimed(name: string, callback: (events: number) => void, events: number, holdUps: HoldUps): void {
    const start = performance.now();
    callback(events);
    holdUps.took(name, performance.now() - start);
  }

  /** Node does not sleep while there is an immediate to be called. */
  #stayAwake(): void {
    this.#lastEvent = performance.now();
    if (this.#polling) return;
    this.#polling = true;
    setImmediate(this.#look);
  }

  readonly #look = (): void => {
    this.#polling = !this.#closed && performance.now() - this.#lastEvent < this.#busyPoll;
    if (this.#polling) setImmediate(this.#look);
  };

  /** The epoll descriptor itself is broken (someone closed it): going on would spin. */
  #fail(error: Error): void {
    this.#closed = true;
    this.#poll.close();
    rethrow(error);
  }
}

interface Place {
  callback: ((events: number) => void) | undefined;
  name: string | undefined;
  generation: number;
}

/** Events. */
const BATCH = 64;
/** Milliseconds after which nothing more is looked for in a round. */
const ROUND = 0.1;
// struct epoll_event is { uint32_t events; uint64_t data }, with no gap on x86 only (epoll_event(3type)). `data` is
// ours: two words.
const DATA = process.arch === 'x64' || process.arch === 'ia32' ? 1 : 2;
const WORDS = DATA + 2;

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;

const epollCreate = declare('int epoll_create1(int flags)');
const epollControl = declare('int epoll_ctl(int epfd, int op, int fd, void *event)');
const epollWait = declare('int epoll_wait(int epfd, void *events, int maxevents, int timeout)');

/** An exception must not leave a native callback: it would come out of the next native call made anywhere. */
function rethrow(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
