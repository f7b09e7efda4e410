import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Failure } from './failure.ts';

/** A running `mymachines serve`. */
export class Daemon {
  readonly #process: ChildProcess;
  #log = '';

  /** Starts it and waits until it says that it is ready. Throws a {@link Failure} with what it said instead. */
  static async start(): Promise<Daemon> {
    const daemon = new Daemon();
    const deadline = Date.now() + 5000;
    while (!/\bready\b/.test(daemon.#log)) {
      if (daemon.#process.exitCode !== null || Date.now() > deadline) {
        throw new Failure(`The daemon did not come up: ${daemon.log.trim()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return daemon;
  }

  private constructor() {
    this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', 'mymachines', 'serve'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
    }
  }

  /** What it has logged so far. */
  get log(): string {
    return this.#log;
  }

  /** Stops it as systemd would, and gives its exit status. */
  async stop(): Promise<number> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await ended;
    }
    return this.#process.exitCode ?? 1;
  }
}
