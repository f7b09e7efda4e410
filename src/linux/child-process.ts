import type { EventLoop } from './event-loop.ts';
import { Process } from './process.ts';
import { type Spawn, spawnProgram } from './spawn.ts';
import { type ProcessEnd, waitForChild } from './wait.ts';

/** A program that this process has started, and reaps when it ends. */
export class ChildProcess {
  /** How it has ended. It is reaped then. */
  readonly ended: Promise<ProcessEnd>;
  /** Until it has ended. */
  #process: Process | undefined;

  private constructor(loop: EventLoop, process: Process) {
    let resolve: (end: ProcessEnd) => void;
    this.ended = new Promise((resolved) => {
      resolve = resolved;
    });
    process.onExit(loop, () => {
      this.#process = undefined;
      process.close();
      resolve(waitForChild(process.pid));
    });
    this.#process = process;
  }

  /** Rejects as {@link spawnProgram}, and where there is no descriptor to watch it with: EMFILE, ENFILE, ENOSPC. */
  static async start(loop: EventLoop, spawn: Spawn): Promise<ChildProcess> {
    const pid = await spawnProgram(spawn);
    let pinned: Process | undefined;
    try {
      pinned = Process.open(pid);
      return new ChildProcess(loop, pinned);
    } catch (error) {
      pinned?.close();
      // It has hardly begun, so that this takes no time.
      process.kill(pid, 'SIGKILL');
      waitForChild(pid);
      throw error;
    }
  }

  /** One that is stuck in a file system may only end when that answers, whatever signal comes. */
  kill(): void {
    this.#process?.signal(SIGKILL);
  }
}

const SIGKILL = 9;
