import { ChildProcess } from '../linux/child-process.ts';
import type { EventLoop } from '../linux/event-loop.ts';
import type { ProcessEnd } from '../linux/wait.ts';
import { Channel } from './channel.ts';

/** A program of ours. */
export interface Program {
  /** Its path, as built. */
  readonly path: string;
  /** Those of Node, before that. */
  readonly options?: readonly string[];
  /** Absent: ours. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where processes that run it are watched. */
  readonly loop: EventLoop;
}

/** The command line of a program: that of Node. */
export function commandLine({ path, options = [] }: Pick<Program, 'path' | 'options'>): [string, ...string[]] {
  return [process.execPath, ...options, path];
}

/** Starts a program with the channel's other end as its standard input, which stays open here. */
export function startProgram(program: Program, input: number): Promise<ChildProcess> {
  const { loop, environment = process.env } = program;
  return ChildProcess.start(loop, { command: commandLine(program), environment, input });
}

/** What is heard of a program. */
export interface ProgramEvents {
  /**
   * It has said something.
   * @param descriptors that came with it. Those that are left in it afterwards are closed.
   */
  onLine(text: string, descriptors: number[]): void;
  /** It is gone, and all that it has said has been heard; or why it could not be started. Called once, never at once. */
  onEnd(end: ProcessEnd | Error): void;
}

/** A program of ours in a process of its own, a child of this one, for what must not be done in this one. */
export class RunningProgram {
  readonly #channel: Channel | undefined;
  #child: ChildProcess | undefined;
  #killed = false;

  constructor(program: Program, events: ProgramEvents) {
    let closed = (): void => {};
    const allHeard = new Promise<void>((resolve) => {
      closed = resolve;
    });
    try {
      this.#channel = new Channel(program.loop, {
        line: (text, descriptors) => events.onLine(text, descriptors),
        closed,
      });
    } catch (error) {
      process.nextTick(() => events.onEnd(error as Error));
      return;
    }
    void this.#run(program, this.#channel)
      .then((end) => allHeard.then(() => end))
      .then(
        (end) => events.onEnd(end),
        (error) => events.onEnd(error),
      );
  }

  /** @param descriptors are closed when they are sent, or never will be */
  send(line: string, descriptors?: readonly number[]): void {
    this.#channel?.send(line, descriptors);
  }

  /** Tells it that nothing more is wanted. What it says is still heard. */
  endInput(): void {
    this.#channel?.endOutput();
  }

  /** One that is stuck in a file system may only end when that answers, whatever signal comes. */
  kill(): void {
    this.#killed = true;
    this.#child?.kill();
  }

  async #run(program: Program, channel: Channel): Promise<ProcessEnd> {
    try {
      this.#child = await startProgram(program, channel.theirs);
    } catch (error) {
      channel.destroy();
      throw error;
    } finally {
      channel.handedOver();
    }
    if (this.#killed) this.#child.kill();
    return this.#child.ended;
  }
}
