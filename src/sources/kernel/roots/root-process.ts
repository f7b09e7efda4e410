import { type ChildProcess, fork } from 'node:child_process';
import { Process } from '../../../linux/process.ts';
import type { DescriptorAnswer, RootAnswer, RootQuestion, Taken } from './question.ts';

/** Milliseconds: how long a question may take, when it begins to hold others up, and how long to wait for the next. */
const PATIENCE = 2000;
const SLOW = 200;
const IDLE = 10_000;

/** What becomes of the questions to a {@link RootProcess}. */
export interface RootProcessEvents {
  /** The answer to the first question that has none. A descriptor in it is ours: the receiver closes it. */
  onAnswer(answer: RootAnswer | Error): void;
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
  /** Absent where there was no memory for it. */
  readonly #child: ChildProcess | undefined;
  /** Absent when it could not be started, which an event is about to tell. */
  readonly #process: Process | undefined;
  readonly #events: RootProcessEvents;

  /** @param program what the process runs: program.js */
  constructor(program: string, events: RootProcessEvents) {
    this.#events = events;
    const gone = (): void => {
      this.end();
      events.onExit();
    };
    let child: ChildProcess;
    try {
      child = fork(program, [], { stdio: 'ignore', execArgv: [] });
    } catch {
      // ENOMEM, which Node tells by no event.
      process.nextTick(gone);
      return;
    }
    this.#child = child;
    try {
      // Before anything can have reaped it, so that it is this process for sure.
      if (child.pid !== undefined) this.#process = Process.open(child.pid);
    } catch {
      // There are no descriptors left: of no use to us, and its end is an event.
      child.kill('SIGKILL');
    }
    child.on('message', (answer: RootAnswer) => this.#answered(answer));
    child.on('error', gone);
    child.on('exit', gone);
    // It waits for questions, and need not keep this process alive.
    child.unref();
    child.channel?.unref();
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
    const [only] = questions;
    this.#send(questions.length === 1 && only !== undefined ? only : questions);
  }

  /**
   * Kills the process. One that is stuck in a file system may only end when that answers: a request that the server of
   * a FUSE has taken is waited for, whatever signal comes.
   */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#clearTimers();
    this.#process?.close();
    // Of a child that could not be started Node would kill process 0, which is all of our own process group.
    if (this.#child?.pid !== undefined) this.#child.kill('SIGKILL');
    this.#events.onEnd();
  }

  #answered(answer: RootAnswer): void {
    if (this.#ended || this.#open === 0) return;
    this.#open--;
    this.slow = false;
    if (this.#open > 0) for (const timer of this.#timers) timer.refresh();
    else {
      this.#clearTimers();
      this.#timers = [setTimeout(() => this.end(), IDLE).unref()];
    }
    this.#events.onAnswer('descriptor' in answer ? this.#take(answer) : answer);
  }

  #take(answer: DescriptorAnswer): RootAnswer | Error {
    const { descriptor } = answer;
    try {
      return { ...answer, descriptor: (this.#process as Process).takeDescriptor(descriptor) };
    } catch (error) {
      return error as Error;
    } finally {
      this.#send({ taken: descriptor });
    }
  }

  #send(message: RootQuestion | readonly RootQuestion[] | Taken): void {
    // It has no channel where there was no descriptor to start it with, which an event is about to tell.
    if (!this.#child?.connected) return;
    this.#child.send(message, (error) => {
      if (error !== null) this.end();
    });
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }
}
