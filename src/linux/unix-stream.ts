import { closeSync } from 'node:fs';
import {
  closeDescriptors,
  DescriptorReceiver,
  MAXIMUM_DESCRIPTORS,
  type PassedDescriptors,
} from './descriptor-passing.ts';
import { EPOLLHUP, EPOLLIN, EPOLLOUT, type EventLoop, type Watch } from './event-loop.ts';
import { declare, errnoName, lastErrno, SystemError } from './libc.ts';
import { OutputQueue, sendPiece } from './output-queue.ts';
import { UnixPeer } from './unix-peer.ts';

/**
 * What a {@link UnixStream} tells its user. Every call comes from the event loop or a tick, never from inside one of
 * the stream's methods.
 */
export interface StreamEvents {
  /**
   * Bytes came in. The array is valid only during the call: the next read overwrites it.
   * @param descriptors that came with them, where the stream takes descriptors: whoever is called closes them
   */
  data(chunk: Uint8Array, descriptors?: PassedDescriptors): void;
  /** Everything handed to `send` is with the kernel, after `send` had returned false. */
  drain(): void;
  /** The connection is over, whichever side ended it. Called once, nothing follows. */
  closed(error?: Error): void;
  /**
   * The peer will send nothing more but may still be reading (it called shutdown(2) for writing). Whoever has this
   * handler ends the connection when all is answered; without it that happens as soon as what was sent is out.
   */
  ended?(): void;
}

/** What a stream is to do beside carrying bytes. */
export interface StreamOptions {
  /** Takes those that a peer sends along. Without it they never become ours; sending them is always possible. */
  readonly passDescriptors?: boolean;
}

/**
 * One connected AF_UNIX stream socket on an {@link EventLoop}.
 *
 * One read of at most 16 KiB per round of the loop, so that one who sends much holds the others up for a moment only.
 * While output waits for a slow reader nothing is read from it, so what it can make us keep is bounded by what one read
 * can ask for. Where descriptors are not taken, the kernel drops those that a peer sends along (recv without room for
 * control data, unix(7)).
 */
export class UnixStream {
  /** The process at the other end. */
  readonly peer: UnixPeer;
  readonly #loop: EventLoop;
  readonly #output = new OutputQueue();
  #takesDescriptors: boolean;
  #fd: number;
  #events: StreamEvents | undefined;
  #watch: Watch | undefined;
  #paused = false;
  #inputOver = false;
  #ending = false;
  #outputEnds = false;

  /**
   * Takes the connected, non-blocking socket `fd` over: the stream closes it. Throws, and takes nothing over, if it is
   * no connected socket.
   */
  constructor(loop: EventLoop, fd: number, options: StreamOptions = {}) {
    this.#loop = loop;
    this.#fd = fd;
    this.#takesDescriptors = options.passDescriptors ?? false;
    this.peer = new UnixPeer(() => this.#fd);
  }

  /** From now on descriptors come with `data`, as with the option. */
  takeDescriptors(): void {
    this.#takesDescriptors = true;
  }

  /** Starts delivery. Called once, before anything else. */
  start(events: StreamEvents): void {
    if (this.#events !== undefined) throw new Error('the stream has been started already');
    this.#events = events;
    this.#rearm();
  }

  /**
   * Sends bytes, which must not be changed afterwards: what the kernel does not take now is kept and goes out later.
   * True: all is with the kernel. False: `drain` follows when it is, or `closed` if it never will be.
   * @param descriptors go with the first byte, up to 253. They are the stream's from now on, which closes them when
   * they are sent or never will be.
   */
  send(bytes: Uint8Array, descriptors?: readonly number[]): boolean {
    return this.#send(bytes, descriptors, false);
  }

  /** The same, without descriptors, for bytes that may be changed afterwards: what must be kept is copied. */
  sendReused(bytes: Uint8Array): boolean {
    return this.#send(bytes, undefined, true);
  }

  #send(bytes: Uint8Array, descriptors: readonly number[] | undefined, reused: boolean): boolean {
    if (descriptors !== undefined) this.#checkDescriptors(bytes, descriptors);
    if (this.#fd < 0 || this.#ending) {
      if (descriptors !== undefined) closeDescriptors(descriptors);
      return false;
    }
    if (!this.#output.empty) {
      this.#output.push(reused ? Buffer.from(bytes) : bytes, descriptors);
      return false;
    }
    const taken = sendPiece(this.#fd, bytes, descriptors);
    if (taken < 0) {
      const errno = lastErrno();
      if (!mayRetry(errno)) {
        if (descriptors !== undefined) closeDescriptors(descriptors);
        this.#finish(new SystemError(errno, 'send'));
        return false;
      }
    } else if (descriptors !== undefined) closeDescriptors(descriptors);
    if (taken === bytes.length) return true;
    const rest = bytes.subarray(Math.max(0, taken));
    this.#output.push(reused ? Buffer.from(rest) : rest, taken < 0 ? descriptors : undefined);
    this.#rearm();
    return false;
  }

  /** Stops the delivery of data. That the peer is gone is still reported, once nothing it sent is left to be read. */
  pause(): void {
    this.#paused = true;
    this.#rearm();
  }

  resume(): void {
    this.#paused = false;
    this.#rearm();
  }

  /** Ends the connection as soon as what was sent is out. Nothing more is read. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    if (this.#output.empty) this.#finish();
    else this.#rearm();
  }

  /** Sends nothing more, which the peer sees when it has read what came before. What the peer sends is still delivered. */
  endOutput(): void {
    this.#outputEnds = true;
    if (this.#fd >= 0 && this.#output.empty) shutdown(this.#fd, SHUT_WR);
  }

  /** Ends the connection now. What is not with the kernel yet is lost. */
  destroy(): void {
    this.#finish();
  }

  /** Tells the loop what to wait for in the present state. */
  #rearm(): void {
    if (this.#fd < 0 || this.#events === undefined) return;
    const reading = !this.#paused && !this.#inputOver && !this.#ending && this.#output.empty;
    const wanted = (reading ? EPOLLIN : 0) | (this.#output.empty ? 0 : EPOLLOUT);
    try {
      if (this.#watch === undefined) this.#watch = this.#loop.watch(this.#fd, wanted, (ready) => this.#ready(ready));
      else this.#watch.modify(wanted);
    } catch (error) {
      // The limit of epoll watches per user is reached (ENOSPC, epoll(7)): this connection ends, the others go on.
      this.#finish(error as Error);
    }
  }

  #ready(ready: number): void {
    if ((ready & EPOLLOUT) !== 0 && !this.#output.empty) this.#flush();
    else if ((ready & EPOLLIN) !== 0) this.#read((ready & EPOLLHUP) !== 0);
    else this.#hangUp();
  }

  #read(hungUp: boolean): void {
    const taking = this.#takesDescriptors;
    const count = taking ? receiver.receive(this.#fd) : recv(this.#fd, input, input.length, 0);
    if (count > 0) {
      this.#events?.data(received(count), taking ? receiver.descriptors : undefined);
      return;
    }
    if (count < 0) {
      const errno = lastErrno();
      if (!mayRetry(errno)) this.#finish(new SystemError(errno, 'recv'));
      return;
    }
    this.#inputOver = true;
    if (hungUp || this.#events?.ended === undefined) {
      this.end();
      return;
    }
    this.#rearm();
    this.#events.ended();
  }

  #flush(): void {
    const errno = this.#output.flush(this.#fd);
    if (errno !== 0 && !mayRetry(errno)) {
      this.#finish(new SystemError(errno, 'send'));
      return;
    }
    if (!this.#output.empty) return;
    if (this.#ending) {
      this.#finish();
      return;
    }
    if (this.#outputEnds) shutdown(this.#fd, SHUT_WR);
    this.#rearm();
    this.#events?.drain();
  }

  /**
   * Both directions are shut down, and nothing was wanted of the socket. epoll repeats this event until the watch ends.
   * If the peer left something to read, that stays for `resume`; if it left something that we should have sent, that is
   * lost.
   */
  #hangUp(): void {
    if (!this.#output.empty) {
      this.#finish();
      return;
    }
    const count = this.#inputOver ? 0 : recv(this.#fd, input, 1, MSG_PEEK);
    if (count > 0) {
      this.#watch?.stop();
      this.#watch = undefined;
    } else if (count === 0) this.#finish();
    else this.#finish(new SystemError(lastErrno(), 'recv'));
  }

  #checkDescriptors(bytes: Uint8Array, descriptors: readonly number[]): void {
    const count = descriptors.length;
    if (bytes.length > 0 && count > 0 && count <= MAXIMUM_DESCRIPTORS) return;
    throw new TypeError(`${count} descriptors cannot be sent with ${bytes.length} bytes of this stream`);
  }

  #finish(error?: Error): void {
    if (this.#fd < 0) return;
    this.#watch?.stop();
    closeSync(this.#fd);
    this.#fd = -1;
    this.#output.clear();
    const events = this.#events;
    if (events !== undefined) process.nextTick(() => events.closed(error));
  }
}

const MSG_PEEK = 0x02;
const SHUT_WR = 1;

const recv = declare('long recv(int fd, void *buffer, size_t length, int flags)');
const shutdown = declare('int shutdown(int fd, int how)');

// One for all streams: it is in use only while a `data` callback runs.
const input = Buffer.alloc(16 * 1024);
// Its beginnings, by length: to make one takes as long as to read a short question. Longer ones are rare.
const beginnings: Buffer[] = [];
const LONGEST_BEGINNING = 1024;
const receiver = new DescriptorReceiver(input.buffer);

function received(length: number): Buffer {
  const known = length <= LONGEST_BEGINNING ? beginnings[length] : undefined;
  if (known !== undefined) return known;
  const bytes = input.subarray(0, length);
  if (length <= LONGEST_BEGINNING) beginnings[length] = bytes;
  return bytes;
}

function mayRetry(errno: number): boolean {
  const name = errnoName(errno);
  return name === 'EAGAIN' || name === 'EINTR';
}
