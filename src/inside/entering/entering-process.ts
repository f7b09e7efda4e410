import { closeSync } from 'node:fs';
import { closeDescriptors } from '../../linux/descriptor-passing.ts';
import type { EventLoop } from '../../linux/event-loop.ts';
import { SOCK_NONBLOCK } from '../../linux/socket.ts';
import { openSocketPair } from '../../linux/socket-pair.ts';
import { UnixStream } from '../../linux/unix-stream.ts';
import type { EnterAnswer, EnterEnd, EnterRequest } from './request.ts';

/** An answer, and the descriptors that came with it, which are the taker's to close. */
export interface Entered {
  readonly answer: EnterAnswer;
  readonly descriptors: readonly number[];
}

/** Starts program.ts with a socket as its standard input, which stays the caller's. Gives what ends it. */
export type ProgramStarter = (input: number) => Promise<() => void>;

/** What the process is to do, and how long it may take. */
export interface EnteringOptions {
  readonly loop: EventLoop;
  readonly start: ProgramStarter;
  readonly request: EnterRequest;
  /** They go with the request, and are closed here in any case. */
  readonly descriptors: readonly number[];
  /** Milliseconds from its start to its answer. */
  readonly patience: number;
}

/** One run of program.ts, which does one thing in a machine. That it is there shows in its end of the connection. */
export class EnteringProcess {
  /** Its answer: that it is late where none comes in time. Rejects where it could not be started, or died. */
  readonly entered: Promise<Entered>;
  /** It is gone. One that is stuck in a file system lives on after its answer, whatever signal comes. */
  readonly gone: Promise<void>;
  /** How what it started has ended, where it started something; undefined where nobody can tell. */
  status: number | undefined;
  readonly #stream: UnixStream;
  #text = '';
  #descriptors: number[] = [];
  #answer: (entered: Entered) => void = () => {};
  #fail: (error: unknown) => void = () => {};

  /** Throws where there is no descriptor for it. */
  constructor({ loop, start, request, descriptors, patience }: EnteringOptions) {
    let pair: readonly [number, number];
    try {
      pair = openSocketPair(SOCK_NONBLOCK);
    } catch (error) {
      closeDescriptors(descriptors);
      throw error;
    }
    const [ours, theirs] = pair;
    this.#stream = new UnixStream(loop, ours, { passDescriptors: true });
    this.gone = new Promise((resolve) => {
      this.#stream.start({
        data: (chunk, passed) => this.#read(chunk, passed?.numbers ?? []),
        drain() {},
        closed: () => {
          this.#fail(new Error('the process that was to enter died'));
          closeDescriptors(this.#descriptors);
          resolve();
        },
      });
    });
    this.entered = this.#enter(start, theirs, patience);
    this.#stream.send(Buffer.from(`${JSON.stringify(request)}\n`), descriptors.length > 0 ? descriptors : undefined);
  }

  /** Listens to it no longer. */
  close(): void {
    this.#stream.destroy();
  }

  async #enter(start: ProgramStarter, theirs: number, patience: number): Promise<Entered> {
    const answered = new Promise<Entered>((resolve, reject) => {
      this.#answer = resolve;
      this.#fail = reject;
    });
    // It may fail while it is being started.
    answered.catch(() => {});
    let end: () => void;
    try {
      end = await start(theirs);
    } catch (error) {
      this.#stream.destroy();
      throw error;
    } finally {
      closeSync(theirs);
    }
    const timer = setTimeout(() => {
      // It is not well: one that could not do its work says so.
      end();
      this.#answer({ answer: { late: true }, descriptors: [] });
    }, patience);
    return answered.finally(() => clearTimeout(timer));
  }

  #read(chunk: Uint8Array, passed: readonly number[]): void {
    this.#text += Buffer.from(chunk).toString('latin1');
    this.#descriptors.push(...passed);
    for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
      // Who says it is ours; what it tells of the machine is numbers, and names of system calls.
      const line = JSON.parse(this.#text.slice(0, end)) as EnterAnswer | EnterEnd;
      this.#text = this.#text.slice(end + 1);
      if ('ended' in line) this.status = line.ended;
      else this.#answer({ answer: line, descriptors: this.#descriptors.splice(0) });
    }
  }
}
