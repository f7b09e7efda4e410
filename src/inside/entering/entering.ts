import type { EventLoop } from '../../linux/event-loop.ts';
import { errnoName } from '../../linux/libc.ts';
import { MachineError, SystemFailure } from '../../machine/errors.ts';
import type { ShellRequest } from '../../machine/inside-operations.ts';
import { isSameProcess, type Machine } from '../../machine/machine.ts';
import type { TransientServices } from '../../machine/transient-services.ts';
import type { Program } from '../../programs/running-program.ts';
import { type Entered, EnteringProcess, type ProgramStarter } from './entering-process.ts';
import type { EnterAnswer, EnterRequest, ShellStart } from './request.ts';
import { ShellServices } from './shell-services.ts';
import { childStarter } from './start-child.ts';

/**
 * Processes at one time that have not done their work, those that are stuck included: of all machines, and of one. One
 * takes some 15 MB.
 */
const MAXIMUM_PROCESSES = 16;
const MAXIMUM_OF_MACHINE = 4;
/**
 * Shells that run, for each of which two processes stay: in machines of root's, in those of all users, and of one.
 */
const MAXIMUM_SHELLS = 256;
const MAXIMUM_OF_OWNER = 64;
/** Requests that wait for a process; more are refused. */
const MAXIMUM_WAITING = 500;
/** Milliseconds from the start of a process to its answer. It gives up by itself before. */
const PATIENCE = 10_000;

/** Where login(1) is in every system that has it; it is looked for nowhere else. */
export const LOGIN = '/bin/login';

/** What a program in a machine is to have. */
export interface ShellParts {
  readonly openPeer: () => number;
  readonly onEnd: (status: number | undefined) => void;
}

/**
 * Does things from within machines, in processes of their own which join the machine's namespaces, do one thing and
 * end (program.ts). Nothing of the daemon waits for one but who asked.
 */
export class Entering {
  readonly #loop: EventLoop;
  readonly #startChild: ProgramStarter;
  readonly #shellServices: ShellServices | undefined;
  readonly #waiting = new Set<Pending>();
  /** Until they are gone, also those that were given up. */
  readonly #running = new Map<EnteringProcess, Running>();

  /**
   * @param program what the processes run: `program.ts`
   * @param services those of the host's systemd, where shells are to be services of it and no children of this process
   */
  constructor(program: Program, services?: TransientServices) {
    this.#loop = program.loop;
    this.#startChild = childStarter(program);
    this.#shellServices = services && new ShellServices(services, program.path);
  }

  /**
   * A connection to a stream socket inside a container, as its root: the other end sees user 0, group 0 and process 0
   * (SO_PEERCRED, unix(7)).
   * @param path absolute, in the machine; no link in it leads out
   * @returns non-blocking and close-on-exec. The taker closes it.
   * @throws MachineError `not-supported` for what is no container, `no-such-process` when the leader has ended,
   * `timed-out` when the machine's file system does not answer, `limits-exceeded`, `not-available` where the process
   * could not be; SystemFailure: ENOENT, ECONNREFUSED where nobody listens, EAGAIN where too many wait there, ELOOP
   */
  async connect(machine: Machine, path: string): Promise<number> {
    const request = { kind: 'connect', leader: machine.leader, path } as const;
    const task = { request, start: this.#startChild, openDescriptors: () => [] };
    const { descriptors } = await this.#enter(machine, task);
    return descriptors[0] as number;
  }

  /**
   * A program in a container, as one of its users and with no more privileges than it could have, on a terminal
   * (start-shell.ts). It runs when this returns, and belongs to the container; that it ends is not waited for.
   * @param openPeer gives the side of the terminal that the program is to have
   * @param onEnd hears of its end: its status, or 128 and the signal that ended it; undefined where nobody can tell
   * @throws MachineError as {@link connect}, also `no-such-user`, `too-many-operations`; SystemFailure: ENOENT where there is no such program,
   * EACCES, and what a system call failed with; what `openPeer` throws
   */
  async startShell(
    machine: Machine,
    { user, path, args, environment }: ShellRequest,
    parts: ShellParts,
  ): Promise<void> {
    const request = {
      kind: 'shell',
      leader: machine.leader,
      environment,
      ...(user !== undefined && { user }),
      ...(path !== undefined && { path }),
      ...(args !== undefined && { args }),
    } as const;
    await this.#startOn(machine, request, parts);
  }

  /**
   * A login prompt of a container's own login(1), as its root, on a terminal; another one each time that has ended, for as
   * long as somebody has the terminal. As {@link startShell}; ENOENT where there is no {@link LOGIN}.
   */
  async startLogin(machine: Machine, parts: ShellParts): Promise<void> {
    const { leader } = machine;
    const login: ShellStart = { kind: 'shell', leader, path: LOGIN, args: ['login'], environment: [], again: true };
    await this.#startOn(machine, login, parts);
  }

  async #startOn(machine: Machine, request: ShellStart, { openPeer, onEnd }: ShellParts): Promise<void> {
    this.#requireRoom(machine, (await this.#shellServices?.ownersOfOthers()) ?? []);
    const start = this.#shellServices?.starter(machine) ?? this.#startChild;
    await this.#enter(machine, { request, start, openDescriptors: () => [openPeer()], onEnd });
  }

  /** Who waits for a process gets none any more. Programs that have been started go on. */
  close(): void {
    this.#refuseAll('the service ends');
    for (const [one, running] of this.#running) {
      // Nobody listens is not that it ends.
      delete running.onEnd;
      one.close();
    }
  }

  /** @param others owners of machines with shells that are not this process's */
  #requireRoom({ name, owner }: Machine, others: readonly number[]): void {
    const own = [...this.#running.values(), ...this.#waiting].filter(({ request }) => request.kind === 'shell');
    const owners = [...own.map((shell) => shell.owner), ...others];
    const alike = owners.filter((one) => (one === 0) === (owner === 0));
    const ofOwner = owners.filter((one) => one === owner);
    if (alike.length < MAXIMUM_SHELLS && (owner === 0 || ofOwner.length < MAXIMUM_OF_OWNER)) return;
    throw new MachineError('too-many-operations', `too many shells run in ${name} and other machines`);
  }

  async #enter(machine: Machine, task: Task): Promise<Entered> {
    const { name, owner } = machine;
    if (machine.class !== 'container') throw new MachineError('not-supported', `${name} is no container to go into`);
    if (this.#waiting.size >= MAXIMUM_WAITING) {
      throw new MachineError('limits-exceeded', 'too many requests wait to go into machines');
    }
    const entered = await new Promise<Entered>((resolve, reject) => {
      this.#waiting.add({ ...task, name, owner, resolve, reject });
      this.#startNext();
    });
    const { answer } = entered;
    if ('done' in answer) return entered;
    throw failure(name, answer);
  }

  #startNext(): void {
    for (const pending of this.#waiting) {
      const { name, request } = pending;
      const others = this.#working().filter((other) => isSameProcess(other.request.leader, request.leader));
      if (others.some(({ state }) => state === 'stuck')) {
        this.#waiting.delete(pending);
        pending.reject(failure(name, { late: true }));
      } else if (this.#working().length < MAXIMUM_PROCESSES && others.length < MAXIMUM_OF_MACHINE) {
        this.#waiting.delete(pending);
        this.#start(pending);
      }
    }
    // Nobody knows when there will be one.
    const used = this.#working();
    if (used.length < MAXIMUM_PROCESSES || used.some(({ state }) => state === 'working')) return;
    this.#refuseAll('too many machines do not answer');
  }

  #start({ name, owner, request, start, openDescriptors, onEnd, resolve, reject }: Pending): void {
    const running: Running = { request, owner, state: 'working' };
    let started: EnteringProcess;
    try {
      const descriptors = openDescriptors();
      const options = { loop: this.#loop, start, request, descriptors, patience: PATIENCE };
      started = new EnteringProcess(options);
    } catch (error) {
      reject(error);
      return;
    }
    this.#running.set(started, running);
    started.entered.then(
      (entered) => {
        running.state = 'late' in entered.answer ? 'stuck' : 'done';
        running.onEnd = 'done' in entered.answer ? onEnd : undefined;
        resolve(entered);
        this.#startNext();
      },
      (cause: unknown) => {
        if (cause instanceof MachineError) reject(cause);
        else reject(new MachineError('not-available', `no process could go into ${name}`, undefined, { cause }));
      },
    );
    void started.gone.then(() => {
      this.#running.delete(started);
      running.onEnd?.(started.status);
      this.#startNext();
    });
  }

  #working(): Running[] {
    return [...this.#running.values()].filter(({ state }) => state !== 'done');
  }

  #refuseAll(reason: string): void {
    for (const { reject } of this.#waiting) reject(new MachineError('limits-exceeded', reason));
    this.#waiting.clear();
  }
}

function failure(name: string, answer: Exclude<EnterAnswer, { done: unknown }>): MachineError {
  if ('gone' in answer) return new MachineError('no-such-process', `the leader of ${name} has ended`);
  if ('noUser' in answer) return new MachineError('no-such-user', `there is no such user in ${name}`, 'user');
  if ('late' in answer) return new MachineError('timed-out', `${name} did not answer in time`);
  const { failed, errno } = answer;
  const code = errnoName(errno);
  return new SystemFailure(errno, code, `in ${name}, ${failed} failed: ${code}`);
}

interface Running extends Pick<Pending, 'request' | 'owner'> {
  /** Stuck: it was given up and is not gone, and its machine gets no other. Done: what it started may run on. */
  state: 'working' | 'stuck' | 'done';
  onEnd?: ((status: number | undefined) => void) | undefined;
}

interface Task {
  readonly request: EnterRequest;
  readonly start: ProgramStarter;
  /** Called when the process is about to be started. */
  readonly openDescriptors: () => readonly number[];
  readonly onEnd?: (status: number | undefined) => void;
}

interface Pending extends Task {
  readonly name: string;
  /** Of the machine. */
  readonly owner: number;
  readonly resolve: (entered: Entered) => void;
  readonly reject: (error: unknown) => void;
}
