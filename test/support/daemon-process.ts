import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asUser } from './as-user.ts';
import { compiledMain } from './build.ts';

/** `mymachines serve` of the sources as they are now, in a process and a runtime directory of its own. */
export class DaemonProcess {
  readonly runtimeDirectory: string;
  /** What its sockets are called. */
  readonly service: string;
  readonly #child: ChildProcess;
  #pid: number;
  #text = '';

  /**
   * Starts one and waits until it is ready. It is killed with this process.
   * @param options.uid whose daemon it is, if not ours
   * @param options.bus what it is given as --bus, if that
   * @param options.more further options that it is given
   * @param options.setpriv options of setpriv(1) that take something away from it
   * @param options.through a program with its parameters that becomes the one named after them, as nice(1)
   * @param options.find gives the daemon's PID, where that program does not become it but ends with it
   */
  static async start(
    runtimeDirectory: string = openDirectory('mymachines-test-'),
    { uid, bus, setpriv = [], through = [], more = [], find }: DaemonOptions = {},
  ): Promise<DaemonProcess> {
    const daemon = new DaemonProcess(runtimeDirectory, uid, bus, [...setpriv, '--pdeathsig', 'KILL', ...through], more);
    // A bus that says nothing is waited for, ten seconds long.
    const deadline = Date.now() + 15_000;
    while (!daemon.#text.includes(' info ready ')) {
      if (daemon.#child.exitCode !== null || daemon.#child.signalCode !== null || Date.now() > deadline) {
        daemon.#child.kill('SIGKILL');
        throw new Error(`the daemon did not come up: ${daemon.#text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (find !== undefined) daemon.#pid = find(daemon.#pid);
    return daemon;
  }

  private constructor(
    runtimeDirectory: string,
    uid: number | undefined,
    bus: string | undefined,
    setpriv: readonly string[],
    more: readonly string[],
  ) {
    this.runtimeDirectory = runtimeDirectory;
    this.service = more.includes('--source=machine1') ? 'io.github.mymachines' : 'io.systemd.Machine';
    const where = bus === undefined ? [] : ['--bus', bus];
    const serve = ['serve', '--runtime-dir', runtimeDirectory, '--log-level', 'info', ...where, ...more];
    const [program, ...parameters] =
      uid === undefined
        ? ['setpriv', ...setpriv, process.execPath, compiledMain, ...serve]
        : asUser(uid, compiledMain, ...serve);
    this.#child = spawn(program as string, parameters, {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#pid = this.#child.pid as number;
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
    });
  }

  get pid(): number {
    return this.#pid;
  }

  /** All that it has logged. */
  get wholeLog(): string {
    return this.#text;
  }

  /** What it has logged of what is more than information. */
  get log(): string {
    return this.#text.replace(/^\S+ info .*\n/gm, '');
  }

  get machineSocket(): string {
    return join(this.runtimeDirectory, 'machine', this.service);
  }

  get userdbSocket(): string {
    return join(this.runtimeDirectory, 'userdb', this.service);
  }

  get hookSocket(): string {
    return join(this.runtimeDirectory, 'resolve.hook', this.service);
  }

  /** False as soon as it has ended, whether or not that has been heard of. */
  get alive(): boolean {
    return existsSync(`/proc/${this.pid}/exe`);
  }

  /** How many descriptors it has open. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Memory that it has in RAM, in bytes. */
  get residentMemory(): number {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) * 1024;
  }

  /** Closes the other end of its standard error, as a journal does that is restarted. */
  closeLog(): void {
    this.#child.stderr?.destroy();
  }

  /** Sends a signal and gives the exit status, or undefined when a signal ended it. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | undefined> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      if (this.#pid === this.#child.pid) this.#child.kill(signal);
      else if (this.alive) process.kill(this.#pid, signal);
      await ended;
    }
    return this.#child.exitCode ?? undefined;
  }
}

interface DaemonOptions {
  readonly uid?: number;
  readonly bus?: string;
  readonly setpriv?: readonly string[];
  readonly through?: readonly string[];
  readonly more?: readonly string[];
  readonly find?: (started: number) => number;
}

/** A new directory that other users find their way through, as through /run: daemons look whether they do. */
export function openDirectory(prefix: string): string {
  const directory = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(directory, 0o755);
  return directory;
}
