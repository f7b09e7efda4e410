import { type ChildProcess, fork } from 'node:child_process';
import type { ImageAnswer, ImageQuestion } from './question.ts';

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
  /** Absent where there was no memory for it. */
  readonly #child: ChildProcess | undefined;
  readonly #events: ImageProcessEvents;

  /** @param program what the process runs: program.js */
  constructor(program: string, events: ImageProcessEvents) {
    this.#events = events;
    const gone = (): void => {
      this.end();
      events.onExit();
    };
    try {
      // Sizes are bigint, which JSON has not.
      this.#child = fork(program, [], { stdio: 'ignore', execArgv: [], serialization: 'advanced' });
    } catch {
      // ENOMEM, which Node tells by no event.
      process.nextTick(gone);
      return;
    }
    this.#child.on('message', (answer: ImageAnswer) => {
      if (this.#ended) return;
      this.#waitFor(IDLE).unref();
      events.onAnswer(answer);
    });
    this.#child.on('error', gone);
    this.#child.on('exit', gone);
    // It waits for questions, and need not keep this process alive.
    this.#child.unref();
    this.#child.channel?.unref();
  }

  /** To be called when there is no question. */
  ask(question: ImageQuestion): void {
    this.#waitFor(PATIENCE);
    // It has no channel where there was no descriptor to start it with, which an event is about to tell.
    if (!this.#child?.connected) return;
    this.#child.send(question, (error) => {
      if (error !== null) this.end();
    });
  }

  /** Kills the process. One that is stuck in a file system may only end when that answers. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    // Of a child that could not be started Node would kill process 0, which is all of our own process group.
    if (this.#child?.pid !== undefined) this.#child.kill('SIGKILL');
    this.#events.onEnd();
  }

  #waitFor(milliseconds: number): NodeJS.Timeout {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(), milliseconds);
    return this.#timer;
  }
}
