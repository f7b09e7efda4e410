import { SystemError } from '../../../linux/libc.ts';
import { type Program, RunningProgram } from '../../../programs/running-program.ts';
import type { RootAnswer, RootQuestion } from './question.ts';

/** Milliseconds: how long a question may take, when it begins to hold others up, and how long to wait for the next. */
const PATIENCE = 2000;
const SLOW = 200;
const IDLE = 10_000;

/** An answer, with the descriptor that came with it, which is the receiver's to close. */
export type ReceivedAnswer = RootAnswer & { readonly descriptor?: number };

/** What becomes of the questions to a {@link RootProcess}. */
export interface RootProcessEvents {
  /** The answer to the first question that has none. An error where there was no descriptor to take its own. */
  onAnswer(answer: ReceivedAnswer | Error): void;
  /** The answer takes long. */
  onSlow(): void;
  /** The process is gone, or has been given up. To what it has not answered there will be no answer. */
  onEnd(): void;
  /** The process is gone. */
  onExit(): void;
}

/** A process that looks into the roots of machines, one question after another (program.ts). Ends itself when not used. */
export class RootProcess {
  /** Whether it has been at a question for long. */
  slow = false;
  /** Questions that it has not answered. */
  #open = 0;
  #ended = false;
  #timers: NodeJS.Timeout[] = [];
  readonly #running: RunningProgram;
  readonly #events: RootProcessEvents;

  /** @param program what the process runs: `program.ts` */
  constructor(program: Program, events: RootProcessEvents) {
    this.#events = events;
    this.#running = new RunningProgram(program, {
      onLine: (text, descriptors) => this.#answered(JSON.parse(text) as RootAnswer, descriptors),
      onEnd: () => {
        this.end();
        events.onExit();
      },
    });
  }

  /** To be called when there is no question. They are answered in their order; the time allowed is that of each. */
  ask(questions: readonly RootQuestion[]): void {
    this.#clearTimers();
    this.#open = questions.length;
    this.#timers = [
      setTimeout(() => {
        this.slow = true;
        this.#events.onSlow();
      }, SLOW),
      setTimeout(() => this.end(), PATIENCE),
    ];
    this.#running.send(JSON.stringify(questions));
  }

  /**
   * Kills the process. One that is stuck in a file system may only end when that answers: a request that the server of
   * a FUSE has taken is waited for, whatever signal comes.
   */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#clearTimers();
    this.#running.kill();
    this.#events.onEnd();
  }

  #answered(answer: RootAnswer, descriptors: number[]): void {
    if (this.#ended || this.#open === 0) return;
    this.#open--;
    this.slow = false;
    if (this.#open > 0) for (const timer of this.#timers) timer.refresh();
    else {
      this.#clearTimers();
      this.#timers = [setTimeout(() => this.end(), IDLE).unref()];
    }
    this.#events.onAnswer('passed' in answer ? received(answer, descriptors.shift()) : answer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }
}

/** The kernel drops a descriptor for which there is no number. */
function received(answer: RootAnswer, descriptor: number | undefined): ReceivedAnswer | Error {
  return descriptor === undefined ? new SystemError(EMFILE, 'recvmsg') : { ...answer, descriptor };
}

const EMFILE = 24;
