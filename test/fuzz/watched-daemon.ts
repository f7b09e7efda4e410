import { type ChildProcess, spawn } from 'node:child_process';
import { createConnection, type Socket } from 'node:net';
import { DaemonProcess } from '../support/daemon-process.ts';
import { ask } from '../support/raw-varlink.ts';
import { stopwatch } from './stopwatch.ts';
import { FUZZ_USER, temporaryDirectory } from './temporary-directory.ts';

/** Milliseconds that an input may hold up a lookup that is asked beside it. */
const PATIENCE = 10;
/** How often an input is sent again before it, and not a collection of garbage on either side, is what took so long. */
const AGAIN = 10;
/** Milliseconds to let others have the machine before that. */
const PAUSE = 50;
/** Bytes by which memory may grow after the first {@link SETTLED} inputs: of these V8 takes forty until it is settled. */
const GROWTH = 64 * 1024 * 1024;
const SETTLED = 500;
/** Inputs between two looks at memory, descriptors and log. */
const BETWEEN_LOOKS = 250;

const LOOKUP =
  '{"method":"io.systemd.UserDatabase.GetUserRecord","parameters":{"uid":5,"service":"io.systemd.Machine"}}\0';
const ANSWER = '{"error":"io.systemd.UserDatabase.NoRecordFound"}\0';

/** A daemon in a process and a directory of its own, with a machine `good`, that is looked at while it is tried. */
export class WatchedDaemon {
  readonly daemon: DaemonProcess;
  readonly #remove: () => void;
  readonly #lookups: Socket;
  #answered: ((text: string) => void) | undefined;
  #idle = 0;
  #inputs = 0;
  #memory: number | undefined;
  #descriptors = 0;
  #leader: ChildProcess | undefined;
  #spare: ChildProcess | undefined;

  static async start(
    options: { readonly bus?: string; readonly more?: readonly string[] } = {},
  ): Promise<WatchedDaemon> {
    const directory = temporaryDirectory();
    const daemon = await DaemonProcess.start(directory.add(), { uid: FUZZ_USER, ...options });
    const watched = new WatchedDaemon(daemon, () => directory.remove());
    const times: number[] = [];
    for (let round = 0; round < 50; round++) times.push(await watched.lookup());
    watched.#idle = times.sort((a, b) => a - b)[25] as number;
    await watched.restoreMachine();
    return watched;
  }

  private constructor(daemon: DaemonProcess, remove: () => void) {
    this.daemon = daemon;
    this.#remove = remove;
    this.#lookups = createConnection(daemon.userdbSocket).setEncoding('utf8');
    this.#lookups.on('data', (text: string) => this.#answered?.(text)).on('error', () => {});
    this.#lookups.on('close', () => this.#answered?.('closed'));
  }

  /** The process that leads the machine `good`. */
  get leader(): number {
    return this.#leader?.pid as number;
  }

  /** A process that leads no machine, unless an input has made it one's leader. */
  get spare(): number {
    return this.#spare?.pid as number;
  }

  /**
   * Milliseconds that a lookup takes, without those in which this machine had other things to do than to let the daemon
   * or this process go on. @throws when the answer is another one, or none in five seconds
   */
  async lookup(): Promise<number> {
    const time = stopwatch(this.daemon.pid, process.pid);
    const text = await new Promise<string>((resolve) => {
      let answer = '';
      const timer = setTimeout(() => resolve('none in five seconds'), 5000);
      this.#answered = (chunk) => {
        answer += chunk;
        if (chunk !== 'closed' && !answer.endsWith('\0')) return;
        clearTimeout(timer);
        resolve(answer);
      };
      this.#lookups.write(LOOKUP);
    });
    if (text !== ANSWER) throw new Error(`a lookup beside it was answered: ${text}\n${this.daemon.log}`);
    return time();
  }

  /** Sends an input, lookups beside it until it is done with, and holds the daemon to what it promises. */
  async holds(send: () => Promise<void>): Promise<void> {
    for (let round = 0; round < AGAIN; round++) {
      if (round > 2) await new Promise((resolve) => setTimeout(resolve, PAUSE));
      const time = await this.#longestBeside(send());
      if (time - this.#idle <= PATIENCE) break;
      if (round === AGAIN - 1) throw new Error(`a lookup beside it took ${time} ms, and ${this.#idle} ms by itself`);
    }
    if (++this.#inputs % BETWEEN_LOOKS === 0) await this.look();
  }

  /** The first lookup may be answered before the input has come, and so there is always a second. */
  async #longestBeside(sent: Promise<void>): Promise<number> {
    let done = false;
    const end = (): void => {
      done = true;
    };
    sent.then(end, end);
    let longest = await this.lookup();
    do longest = Math.max(longest, await this.lookup());
    while (!done);
    await sent;
    return longest;
  }

  /** Memory, descriptors, log; and makes sure that there is a machine. */
  async look(): Promise<void> {
    const { residentMemory, descriptors, log } = this.daemon;
    // What the system refused is told so, as of a process that this user may not look at; all else is a fault of ours.
    const fault = /^.* call failed .*error=(?!"E[A-Z]+: ).*$/m.exec(log)?.[0];
    if (fault !== undefined) throw new Error(fault);
    if (this.#memory === undefined && this.#inputs >= SETTLED) {
      this.#memory = residentMemory;
      this.#descriptors = descriptors;
    }
    const grown = residentMemory - (this.#memory ?? residentMemory);
    if (grown > GROWTH) throw new Error(`memory has grown by ${grown} bytes in ${this.#inputs} inputs`);
    await this.restoreMachine();
  }

  /** Registers the machine `good` with a new leader where an input has ended it. */
  async restoreMachine(): Promise<void> {
    if (this.#spare === undefined || this.#spare.exitCode !== null || this.#spare.signalCode !== null) {
      this.#spare = startLeader();
    }
    const { error } = await ask(this.daemon.machineSocket, 'io.systemd.Machine.List', { name: 'good' });
    if (error === undefined) return;
    this.#leader?.kill('SIGKILL');
    this.#leader = startLeader();
    const parameters = { name: 'good', class: 'container', leader: this.leader };
    const reply = await ask(this.daemon.machineSocket, 'io.systemd.Machine.Register', parameters);
    if ('error' in reply) throw new Error(`the machine good cannot be registered: ${JSON.stringify(reply)}`);
  }

  async close(): Promise<void> {
    try {
      await this.look();
      const deadline = Date.now() + 10_000;
      while (this.#memory !== undefined && this.daemon.descriptors > this.#descriptors + 8) {
        if (Date.now() > deadline)
          throw new Error(`${this.daemon.descriptors} descriptors are open, ${this.#descriptors} were`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      this.#answered = undefined;
      this.#lookups.destroy();
      const status = await this.daemon.stop();
      if (status !== 0) throw new Error(`the daemon ended with ${status}: ${this.daemon.log}`);
    } finally {
      this.#lookups.destroy();
      this.#leader?.kill('SIGKILL');
      this.#spare?.kill('SIGKILL');
      await this.daemon.stop('SIGKILL');
      this.#remove();
    }
  }
}

function startLeader(): ChildProcess {
  const parameters = ['--pdeathsig', 'KILL', 'sleep', '3600'];
  return spawn('setpriv', parameters, { stdio: 'ignore', uid: FUZZ_USER, gid: FUZZ_USER });
}
