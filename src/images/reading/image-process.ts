import { type Program, RunningProgram } from '../../programs/running-program.ts';
import { type ImageAnswer, type ImageQuestion, parseAnswer } from './question.ts';

/** Milliseconds: how long a question may take, and how long to wait for the next. */
const PATIENCE = 10_000;
const IDLE = 10_000;

/** What becomes of the question to an {@link ImageProcess}. */
export interface ImageProcessEvents {
  onAnswer(answer: ImageAnswer): void;
  /** It is gone, or has been given up: to what it was asked there will be no answer. */
  onEnd(): void;
  /** It is gone. */
  onExit(): void;
}

/** A process that looks at images, one question at a time (program.ts). Ends itself when not used. */
export class ImageProcess {
  #ended = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #running: RunningProgram;
  readonly #events: ImageProcessEvents;

  /** @param program what the process runs: `program.ts` */
  constructor(program: Program, events: ImageProcessEvents) {
    this.#events = events;
    this.#running = new RunningProgram(program, {
      onLine: (text) => {
        if (this.#ended) return;
        this.#waitFor(IDLE).unref();
        events.onAnswer(parseAnswer(text));
      },
      onEnd: () => {
        this.end();
        events.onExit();
      },
    });
  }

  /** To be called when there is no question. */
  ask(question: ImageQuestion): void {
    this.#waitFor(PATIENCE);
    this.#running.send(JSON.stringify(question));
  }

  /** Kills the process. One that is stuck in a file system may only end when that answers. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#running.kill();
    this.#events.onEnd();
  }

  #waitFor(milliseconds: number): NodeJS.Timeout {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(), milliseconds);
    return this.#timer;
  }
}
