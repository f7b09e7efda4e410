import { constants, openSync, readFileSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { check, declare } from '../../../src/linux/libc.ts';
import { TerminalStream } from '../../../src/linux/terminal-stream.ts';

const loop = new EventLoop();

/** Somebody at a terminal of a container: what is typed there, and what is shown. */
export class Screen {
  readonly number: number;
  readonly #descriptor: number;
  readonly #stream: TerminalStream;
  #shown = '';
  #wake = (): void => {};
  #closed = false;

  /** @param leader a process of the container */
  constructor(leader: number) {
    const descriptor = openSync(`/proc/${leader}/root/dev/pts/ptmx`, constants.O_RDWR | constants.O_NOCTTY);
    const number = new Int32Array(1);
    check(ioctl(descriptor, TIOCSPTLCK, number), 'ioctl', 'TIOCSPTLCK');
    check(ioctl(descriptor, TIOCGPTN, number), 'ioctl', 'TIOCGPTN');
    this.number = number[0] as number;
    this.#descriptor = descriptor;
    const decoder = new StringDecoder('utf8');
    // Not one of node:tty, which takes a hang-up for the end of what there is to read (libuv 1.46).
    this.#stream = new TerminalStream(loop, descriptor, {
      data: (chunk) => {
        this.#shown += decoder.write(chunk);
        this.#wake();
      },
      hungUp: () => {
        this.#closed = true;
        this.#stream.close();
        this.#wake();
      },
      failed: (error) => {
        throw error;
      },
    });
  }

  readonly openPeer = (): number => {
    const flags = constants.O_RDWR | constants.O_NOCTTY | 0o2000000;
    return check(ioctlNumber(this.#descriptor, TIOCGPTPEER, flags), 'ioctl', 'TIOCGPTPEER');
  };

  type(text: string): void {
    this.#stream.write(Buffer.from(text));
  }

  /** TIOCSWINSZ, as a terminal's window does. */
  resize(rows: number, columns: number): void {
    ioctl(this.#descriptor, TIOCSWINSZ, new Uint16Array([rows, columns, 0, 0]));
  }

  /** Waits until it shows that, and gives what came before and with it; all that was shown until then is forgotten. */
  async until(wanted: RegExp): Promise<RegExpExecArray> {
    for (const deadline = Date.now() + PATIENCE; ; ) {
      const found = wanted.exec(this.#shown);
      if (found !== null) {
        this.#shown = this.#shown.slice(found.index + found[0].length);
        return found;
      }
      if (this.#closed || Date.now() > deadline)
        throw new Error(`it shows ${JSON.stringify(this.#shown)}, not ${wanted}`);
      await this.#more();
    }
  }

  /** Waits until it shows that, and gives all that was shown before and with it. */
  async textUntil(wanted: string): Promise<string> {
    for (const deadline = Date.now() + PATIENCE; ; await this.#more()) {
      const at = this.#shown.indexOf(wanted);
      if (at >= 0) return this.#shown.slice(0, at + wanted.length);
      if (this.#closed || Date.now() > deadline)
        throw new Error(`it shows ${JSON.stringify(this.#shown)}, not ${wanted}`);
    }
  }

  /**
   * Waits until it is a program of this name that gets what is typed, and the signals of keys: a shell says that a
   * program goes on before it gives it the terminal.
   */
  async untilForeground(name: string): Promise<void> {
    for (const deadline = Date.now() + PATIENCE; ; await new Promise((resolve) => setTimeout(resolve, 10))) {
      const found = this.#foreground();
      if (found === name) return;
      if (this.#closed || Date.now() > deadline) throw new Error(`${found} has the terminal, not ${name}`);
    }
  }

  /** Waits until nobody has the other side any more. */
  async untilClosed(): Promise<void> {
    while (!this.#closed) await this.#more();
  }

  /** Hangs up. */
  close(): void {
    this.#stream.close();
  }

  /** The name of who leads the process group that has the terminal. */
  #foreground(): string | undefined {
    const group = new Int32Array(1);
    check(ioctl(this.#descriptor, TIOCGPGRP, group), 'ioctl', 'TIOCGPGRP');
    try {
      return readFileSync(`/proc/${group[0]}/comm`, 'utf8').trim();
    } catch {
      return undefined;
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 1000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const ioctl = declare('int ioctl(int fd, ulong request, void *value)');
const ioctlNumber = declare('int ioctl(int fd, ulong request, long value)');
/** Milliseconds, also on a busy machine. */
const PATIENCE = 60_000;
const TIOCGPGRP = 0x540f;
const TIOCSWINSZ = 0x5414;
const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;
const TIOCGPTPEER = 0x5441;
