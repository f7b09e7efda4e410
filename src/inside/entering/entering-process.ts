import { closeDescriptors } from '../../linux/descriptor-passing.ts';
import type { EventLoop } from '../../linux/event-loop.ts';
import { Channel } from '../../programs/channel.ts';
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
  readonly #channel: Channel;
  #answer: (entered: Entered) => void = () => {};
  #fail: (error: unknown) => void = () => {};

  /** Throws where there is no descriptor for it. */
  constructor({ loop, start, request, descriptors, patience }: EnteringOptions) {
    let onGone = (): void => {};
    this.gone = new Promise((resolve) => {
      onGone = resolve;
    });
    try {
      this.#channel = new Channel(loop, {
        line: (text, passed) => this.#hear(text, passed),
        closed: () => {
          this.#fail(new Error('the process that was to enter died'));
          onGone();
        },
      });
    } catch (error) {
      closeDescriptors(descriptors);
      throw error;
    }
    this.entered = this.#enter(start, patience);
    this.#channel.send(JSON.stringify(request), descriptors);
  }

  /** Listens to it no longer. */
  close(): void {
    this.#channel.destroy();
  }

  async #enter(start: ProgramStarter, patience: number): Promise<Entered> {
    const answered = new Promise<Entered>((resolve, reject) => {
      this.#answer = resolve;
      this.#fail = reject;
    });
    // It may fail while it is being started.
    answered.catch(() => {});
    let end: () => void;
    try {
      end = await start(this.#channel.theirs);
    } catch (error) {
      this.#channel.destroy();
      throw error;
    } finally {
      this.#channel.handedOver();
    }
    const timer = setTimeout(() => {
      // It is not well: one that could not do its work says so.
      end();
      this.#answer({ answer: { late: true }, descriptors: [] });
    }, patience);
    return answered.finally(() => clearTimeout(timer));
  }

  #hear(text: string, passed: number[]): void {
    // Who says it is ours; what it tells of the machine is numbers, and names of system calls.
    const line = JSON.parse(text) as EnterAnswer | EnterEnd;
    if ('ended' in line) this.status = line.ended;
    else this.#answer({ answer: line, descriptors: passed.splice(0) });
  }
}
