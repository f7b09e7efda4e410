import { spawn } from 'node:child_process';
import { createConnection, type Socket } from 'node:net';
import { DaemonProcess } from '../support/daemon-process.ts';
import { ask } from '../support/raw-varlink.ts';
import { type Caller, type EnclosedProcess, type EnclosedSocket, Enclosure } from './enclosure.ts';
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

/**
 * A daemon in a process and a directory of its own, with a machine `good`, that is looked at while it is tried: of a user
 * who has nothing else, or root's in an enclosure.
 */
export class WatchedDaemon {
  readonly daemon: DaemonProcess;
  readonly #enclosure: Enclosure | undefined;
  readonly #remove: () => void;
  readonly #lookups: Socket;
  #answered: ((text: string) => void) | undefined;
  #idle = 0;
  #inputs = 0;
  #memory: number | undefined;
  #descriptors = 0;
  #leader: EnclosedProcess | undefined;
  #spare: EnclosedProcess | undefined;

  static async start(
    options: { readonly bus?: string; readonly more?: readonly string[] } = {},
  ): Promise<WatchedDaemon> {
    const directory = temporaryDirectory();
    const daemon = await DaemonProcess.start(directory.add(), { uid: FUZZ_USER, ...options });
    return new WatchedDaemon(daemon, undefined, () => directory.remove()).#ready();
  }

  /** Root's. @param options.bus whether it is on a bus of its own */
  static async startEnclosed(options: { readonly bus?: boolean } = {}): Promise<WatchedDaemon> {
    const directory = temporaryDirectory();
    const enclosure = await Enclosure.start(directory.add(), options);
    return new WatchedDaemon(enclosure.daemon, enclosure, () => directory.remove()).#ready();
  }

  private constructor(daemon: DaemonProcess, enclosure: Enclosure | undefined, remove: () => void) {
    this.daemon = daemon;
    this.#enclosure = enclosure;
    this.#remove = remove;
    this.#lookups = createConnection(daemon.userdbSocket).setEncoding('utf8');
    this.#lookups.on('data', (text: string) => this.#answered?.(text)).on('error', () => {});
    this.#lookups.on('close', () => this.#answered?.('closed'));
  }

  async #ready(): Promise<this> {
    const times: number[] = [];
    for (let round = 0; round < 50; round++) times.push(await this.lookup());
    this.#idle = times.sort((a, b) => a - b)[25] as number;
    await this.restoreMachine();
    return this;
  }

  /** Whether it is root's. */
  get enclosed(): boolean {
    return this.#enclosure !== undefined;
  }

  /** Where to connect to a socket as a caller; only root's daemon can be asked by others than this process, or over its bus. */
  socket(name: EnclosedSocket, caller: Caller): string {
    if (this.#enclosure !== undefined) return this.#enclosure.socket(name, caller);
    if (caller !== 0 || name === 'bus') throw new Error('nobody else can ask it, nor over a bus of its own');
    return this.daemon[name];
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
    const socket = this.socket('machineSocket', 0);
    if (this.#spare?.ended !== false) this.#spare = await this.#startProcess();
    // A leader that has just ended may still be taken for one when the name is asked for again.
    for (let round = 0; round < 10; round++) {
      if ((await this.machineLeader()) !== undefined) return;
      this.#leader?.stop();
      this.#leader = await this.#startProcess();
      const parameters = { name: 'good', class: 'container', leader: this.leader };
      const reply = await ask(socket, 'io.systemd.Machine.Register', parameters);
      if (!('error' in reply)) return;
      if (round === 9) throw new Error(`the machine good cannot be registered: ${JSON.stringify(reply)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The PID that the machine `good` is led by, by what root is told. */
  async machineLeader(): Promise<number | undefined> {
    const reply = await ask(this.socket('machineSocket', 0), 'io.systemd.Machine.List', { name: 'good' });
    const { leader } = (reply['parameters'] ?? {}) as { leader?: { pid?: number } };
    return leader?.pid;
  }

  /** Has somebody do something to whom the machine `good` is not to change. @throws where it has, both times */
  async keepsMachine(act: () => Promise<void>): Promise<void> {
    for (let round = 0; ; round++) {
      await this.restoreMachine();
      const before = await this.machineLeader();
      await act();
      if (before !== undefined && (await this.machineLeader()) === before) return;
      // The first time what root did before may have ended it.
      if (round === 1) throw new Error("the machine good, which is root's, is no more");
    }
  }

  #startProcess(): EnclosedProcess | Promise<EnclosedProcess> {
    return this.#enclosure?.startLeader(0) ?? startSleeper();
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
      this.#leader?.stop();
      this.#spare?.stop();
      await this.daemon.stop('SIGKILL');
      this.#remove();
    }
  }
}

function startSleeper(): EnclosedProcess {
  const parameters = ['--pdeathsig', 'KILL', 'sleep', '3600'];
  const child = spawn('setpriv', parameters, { stdio: 'ignore', uid: FUZZ_USER, gid: FUZZ_USER });
  return {
    pid: child.pid as number,
    get ended() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}
