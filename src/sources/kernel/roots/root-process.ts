import { type ChildProcess, fork } from 'node:child_process';
import { Process } from '../../../linux/process.ts';
import type { RootAnswer, RootQuestion, Taken } from './question.ts';

/** Milliseconds: how long a question may take, when it begins to hold others up, and how long to wait for the next. */
const PATIENCE = 2000;
const SLOW = 200;
const IDLE = 10_000;

/** What becomes of the questions to a {@link RootProcess}. */
export interface RootProcessEvents {
  /** The answer. A descriptor in it is ours: the receiver closes it. */
  onAnswer(answer: RootAnswer | Error): void;
  /** The answer takes long. */
  onSlow(): void;
  /** The process is gone, or has been given up. If it was asked something, there will be no answer. */
  onEnd(): void;
  /** The process is gone. */
  onExit(): void;
}

/** A process that looks into the roots of machines, one question at a time (program.ts). Ends itself when not used. */
export class RootProcess {
  /** The question it is at. */
  question: RootQuestion | undefined;
  /** Whether it has been at it for long. */
  slow = false;
  #ended = false;
  #timers: NodeJS.Timeout[] = [];
  readonly #child: ChildProcess;
  /** Absent when it could not be started, which an event is about to tell. */
  readonly #process: Process | undefined;
  readonly #events: RootProcessEvents;

  /** @param program what the process runs: program.js */
  constructor(program: string, events: RootProcessEvents) {
    this.#events = events;
    const child = fork(program, [], { stdio: 'ignore', execArgv: [] });
    this.#child = child;
    try {
      // Before anything can have reaped it, so that it is this process for sure.
      if (child.pid !== undefined) this.#process = Process.open(child.pid);
    } catch {
      // There are no descriptors left: of no use to us, and its end is an event.
      child.kill('SIGKILL');
    }
    child.on('message', (answer: RootAnswer) => this.#answered(answer));
    const gone = (): void => {
      this.end();
      events.onExit();
    };
    child.on('error', gone);
    child.on('exit', gone);
    // It waits for questions, and need not keep this process alive.
    child.unref();
    child.channel?.unref();
  }

  /** To be called when there is no question. */
  ask(question: RootQuestion): void {
    this.#clearTimers();
    this.question = question;
    this.#timers = [
      setTimeout(() => {
        this.slow = true;
        this.#events.onSlow();
      }, SLOW),
      setTimeout(() => this.end(), PATIENCE),
    ];
    this.#send(question);
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
    this.#child.kill('SIGKILL');
    this.#events.onEnd();
  }

  #answered(answer: RootAnswer): void {
    if (this.#ended || this.question === undefined) return;
    this.question = undefined;
    this.slow = false;
    this.#clearTimers();
    this.#timers = [setTimeout(() => this.end(), IDLE).unref()];
    this.#events.onAnswer('descriptor' in answer ? this.#take(answer.descriptor) : answer);
  }

  #take(descriptor: number): RootAnswer | Error {
    try {
      return { descriptor: (this.#process as Process).takeDescriptor(descriptor) };
    } catch (error) {
      return error as Error;
    } finally {
      this.#send({ taken: descriptor });
    }
  }

  #send(message: RootQuestion | Taken): void {
    this.#child.send(message, (error) => {
      if (error !== null) this.end();
    });
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }
}
