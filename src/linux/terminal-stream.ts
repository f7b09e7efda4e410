import { closeSync, readSync, writeSync } from 'node:fs';
import { EPOLLHUP, EPOLLIN, EPOLLOUT, type EventLoop, type Watch } from './event-loop.ts';
import { ioctl } from './ioctl.ts';
import { setNonBlocking } from './non-blocking.ts';

/** What a {@link TerminalStream} tells its user. */
export interface TerminalEvents {
  /** Output of the programs on the terminal. The bytes are the user's. */
  data(chunk: Buffer): void;
  /** Nobody has the terminal open, so that there may be no more output; or, after that, somebody has again. */
  hungUp(now: boolean): void;
  /** Reading or writing failed. Nothing follows. */
  failed(error: Error): void;
}

/**
 * The controlling side of a pseudo terminal (pty(7)) on an {@link EventLoop}.
 *
 * A terminal that nobody has open any more may be opened again: whoever starts a shell on it with vhangup(2), as systemd
 * does, closes it in between. So a hang-up is told and looked at again and again; what it means is the user's to say.
 */
export class TerminalStream {
  readonly #loop: EventLoop;
  readonly #fd: number;
  readonly #events: TerminalEvents;
  readonly #output: Buffer[] = [];
  #watch: Watch | undefined;
  #retry: NodeJS.Timeout | undefined;
  #hungUp = false;
  #paused = false;
  #closed = false;

  /** Takes the descriptor over, which becomes non-blocking. Throws a SystemError when it is none. */
  constructor(loop: EventLoop, fd: number, events: TerminalEvents) {
    this.#loop = loop;
    this.#fd = fd;
    this.#events = events;
    setNonBlocking(fd);
    this.#arm();
  }

  /** Input for the programs on the terminal, kept until they have room for it. */
  write(bytes: Buffer): void {
    if (this.#closed || bytes.length === 0) return;
    this.#output.push(bytes);
    if (!this.#hungUp) this.#arm();
  }

  /** Bytes that nobody has taken yet. */
  get waiting(): number {
    return this.#output.reduce((sum, { length }) => sum + length, 0);
  }

  /** Stops and restarts the delivery of data. */
  pause(): void {
    this.#paused = true;
    if (!this.#hungUp) this.#arm();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#hungUp) this.#arm();
  }

  /** Tells the programs how large the terminal is (SIGWINCH). @throws SystemError */
  setSize(rows: number, columns: number): void {
    if (this.#closed) return;
    // struct winsize: rows, columns, and pixels, which nobody knows.
    ioctl(this.#fd, TIOCSWINSZ, new Uint16Array([rows, columns, 0, 0]), 'TIOCSWINSZ');
  }

  /** Gives the descriptor back: whoever has the terminal open gets a hang-up. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#disarm();
    clearTimeout(this.#retry);
    closeSync(this.#fd);
  }

  #arm(): void {
    if (this.#closed) return;
    const wanted = (this.#paused ? 0 : EPOLLIN) | (this.#output.length > 0 ? EPOLLOUT : 0);
    // A hang-up is reported whether asked for or not, so that whoever wants nothing must not wait.
    if (wanted === 0) this.#disarm();
    else if (this.#watch === undefined) this.#watch = this.#loop.watch(this.#fd, wanted, (ready) => this.#ready(ready));
    else this.#watch.modify(wanted);
  }

  #disarm(): void {
    this.#watch?.stop();
    this.#watch = undefined;
  }

  #ready(ready: number): void {
    if ((ready & EPOLLOUT) !== 0) this.#flush();
    if ((!this.#paused || (ready & EPOLLHUP) !== 0) && !this.#closed) this.#read();
  }

  #read(): void {
    let count: number;
    try {
      count = readSync(this.#fd, input, 0, input.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') this.#reopened();
      else if (code === 'EIO') this.#lost();
      else this.#fail(error as Error);
      return;
    }
    this.#reopened();
    this.#events.data(Buffer.from(input.subarray(0, count)));
  }

  #flush(): void {
    for (let [first] = this.#output; first !== undefined; [first] = this.#output) {
      let count: number;
      try {
        count = writeSync(this.#fd, first);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Reading says whether the terminal is hung up.
        if (code !== 'EAGAIN' && code !== 'EIO') this.#fail(error as Error);
        return;
      }
      if (count < first.length) this.#output[0] = first.subarray(count);
      else this.#output.shift();
    }
    this.#arm();
  }

  #lost(): void {
    // epoll would report it without end.
    this.#disarm();
    this.#retry = setTimeout(() => this.#read(), RETRY);
    if (this.#hungUp) return;
    this.#hungUp = true;
    this.#events.hungUp(true);
  }

  #reopened(): void {
    if (!this.#hungUp) return;
    this.#hungUp = false;
    this.#arm();
    this.#events.hungUp(false);
  }

  #fail(error: Error): void {
    this.#disarm();
    this.#events.failed(error);
  }
}

/** Milliseconds between looks at a terminal that nobody has open. */
const RETRY = 10;

const input = Buffer.alloc(16 * 1024);

const TIOCSWINSZ = 0x5414;
