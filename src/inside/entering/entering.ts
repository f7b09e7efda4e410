import type { EventLoop } from '../../linux/event-loop.ts';
import { errnoName } from '../../linux/libc.ts';
import { MachineError, SystemFailure } from '../../machine/errors.ts';
import type { Machine, ProcessIdentity } from '../../machine/machine.ts';
import { type Entered, EnteringProcess } from './entering-process.ts';
import type { EnterAnswer, EnterRequest } from './request.ts';

/** Processes at one time, those that are stuck included: of all machines, and of one. One takes some 15 MB. */
const MAXIMUM_PROCESSES = 16;
const MAXIMUM_OF_MACHINE = 4;
/** Requests that wait for a process; more are refused. */
const MAXIMUM_WAITING = 500;
/** Milliseconds from the start of a process to its answer. It gives up by itself before. */
const PATIENCE = 10_000;

/**
 * Does things from within machines, in processes of their own which join the machine's namespaces, do one thing and
 * end (program.ts). Nothing of the daemon waits for one but who asked.
 */
export class Entering {
  readonly #loop: EventLoop;
  readonly #program: string;
  readonly #waiting = new Set<Pending>();
  /** Until they are gone, also those that were given up. */
  readonly #running = new Map<EnteringProcess, Running>();

  /** @param program what the processes run: `program.ts`, as built */
  constructor(loop: EventLoop, program: string) {
    this.#loop = loop;
    this.#program = program;
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
    const { descriptors } = await this.#enter(machine, { kind: 'connect', leader: machine.leader, path });
    return descriptors[0] as number;
  }

  /** Who waits for a process gets none any more. */
  close(): void {
    this.#refuseAll('the service ends');
  }

  async #enter(machine: Machine, request: EnterRequest): Promise<Entered> {
    const { name } = machine;
    if (machine.class !== 'container') throw new MachineError('not-supported', `${name} is no container to go into`);
    if (this.#waiting.size >= MAXIMUM_WAITING) {
      throw new MachineError('limits-exceeded', 'too many requests wait to go into machines');
    }
    const entered = await new Promise<Entered>((resolve, reject) => {
      this.#waiting.add({ name, request, resolve, reject });
      this.#startNext();
    });
    const { answer } = entered;
    if ('done' in answer) return entered;
    throw failure(name, answer);
  }

  #startNext(): void {
    for (const pending of this.#waiting) {
      const { name, request } = pending;
      const others = [...this.#running.values()].filter(({ leader }) => isSame(leader, request.leader));
      if (others.some(({ stuck }) => stuck)) {
        this.#waiting.delete(pending);
        pending.reject(failure(name, { late: true }));
      } else if (this.#running.size < MAXIMUM_PROCESSES && others.length < MAXIMUM_OF_MACHINE) {
        this.#waiting.delete(pending);
        this.#start(pending);
      }
    }
    // Nobody knows when there will be one.
    const used = [...this.#running.values()];
    if (used.length < MAXIMUM_PROCESSES || used.some(({ stuck }) => !stuck)) return;
    this.#refuseAll('too many machines do not answer');
  }

  #start({ name, request, resolve, reject }: Pending): void {
    const unavailable = (cause: unknown): MachineError =>
      new MachineError('not-available', `there could be no process to go into ${name}`, undefined, { cause });
    let started: EnteringProcess;
    try {
      started = new EnteringProcess(request, { loop: this.#loop, program: this.#program, patience: PATIENCE });
    } catch (error) {
      reject(unavailable(error));
      return;
    }
    const running: Running = { leader: request.leader, stuck: false };
    this.#running.set(started, running);
    started.entered.then(
      (entered) => {
        running.stuck = 'late' in entered.answer;
        resolve(entered);
        // Who waits for this machine need wait no longer.
        if (running.stuck) this.#startNext();
      },
      (error: unknown) => reject(unavailable(error)),
    );
    void started.gone.then(() => {
      this.#running.delete(started);
      this.#startNext();
    });
  }

  #refuseAll(reason: string): void {
    for (const { reject } of this.#waiting) reject(new MachineError('limits-exceeded', reason));
    this.#waiting.clear();
  }
}

function failure(name: string, answer: Exclude<EnterAnswer, { done: unknown }>): MachineError {
  if ('gone' in answer) return new MachineError('no-such-process', `the leader of ${name} has ended`);
  if ('late' in answer) return new MachineError('timed-out', `${name} did not answer in time`);
  const { failed, errno } = answer;
  const code = errnoName(errno);
  return new SystemFailure(errno, code, `in ${name}, ${failed} failed: ${code}`);
}

function isSame(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.pidfdId === other.pidfdId;
}

interface Running {
  readonly leader: ProcessIdentity;
  /** It was given up and is not gone: its machine gets no other. */
  stuck: boolean;
}

interface Pending {
  readonly name: string;
  readonly request: EnterRequest;
  readonly resolve: (entered: Entered) => void;
  readonly reject: (error: Error) => void;
}
