import { MachineError, SystemFailure } from '../../machine/errors.ts';
import type { CopyProgress, CopyRequest } from '../../machine/inside-operations.ts';
import { isSameRegistration, type Machine } from '../../machine/machine.ts';
import type { Registry } from '../../machine/registry.ts';
import type { Program } from '../../programs/running-program.ts';
import type { Copies, CopyCaller } from '../inside.ts';
import type { CopyJob } from './job.ts';
import { runCopy } from './run-copy.ts';

/** Copies at one time, those that wait included: as many as systemd 262 lets be. Of users who are not root fewer. */
const MAXIMUM = 64;
const MAXIMUM_OF_USERS = 48;
const MAXIMUM_OF_USER = 16;
/**
 * Processes at one time, of some 40 MB each: in all, for users who are not root, and about one machine, whose file
 * system may never answer. Further copies wait for one of them to end.
 */
const MAXIMUM_PROCESSES = 16;
const MAXIMUM_PROCESSES_OF_USERS = 12;
const MAXIMUM_PROCESSES_OF_MACHINE = 8;

/** What copying takes. */
export interface CopiesOptions {
  readonly registry: Registry;
  /** What the processes run: `program.ts`. */
  readonly program: Program;
}

/**
 * Copies files between the host and containers, in processes of their own. A copy ends early, and takes away what it
 * has begun, when its caller leaves or its machine ends or is no longer registered.
 */
export class RunningCopies implements Copies {
  readonly #options: CopiesOptions;
  readonly #copies = new Set<RunningCopy>();
  readonly #unsubscribe: () => void;

  constructor(options: CopiesOptions) {
    this.#options = options;
    this.#unsubscribe = options.registry.subscribe(({ kind, machine }) => {
      if (kind !== 'removed') return;
      for (const copy of this.#copies) if (isSameRegistration(copy.machine, machine)) copy.abort.abort(ended(machine));
    });
  }

  /**
   * @throws MachineError `not-supported` for what is no container, `too-many-operations`, SystemFailure: EEXIST, ENOENT,
   * ENOSPC … of one of the files, ECANCELED when the caller has left, ESRCH when the machine has ended
   */
  async copy(machine: Machine, request: CopyRequest, { uid, left, onProgress }: CopyCaller): Promise<void> {
    if (machine.class !== 'container') throw new MachineError('not-supported', `${machine.name} is no container`);
    this.#requireRoom(uid);
    const abort = new AbortController();
    const leave = (): void => abort.abort(new SystemFailure(ECANCELED, 'ECANCELED', 'nobody waits for the copy'));
    const copy = new RunningCopy(machine, uid, abort);
    this.#copies.add(copy);
    left?.addEventListener('abort', leave);
    if (left?.aborted) leave();
    try {
      await this.#turn(copy);
      await copy.run(this.#options.program, jobOf(machine, request), onProgress);
    } catch (error) {
      throw abort.signal.aborted ? abort.signal.reason : error;
    } finally {
      left?.removeEventListener('abort', leave);
      this.#copies.delete(copy);
      this.#startNext();
    }
  }

  #requireRoom(uid: number): void {
    const ofUsers = [...this.#copies].filter((copy) => copy.uid !== 0);
    const ofUser = ofUsers.filter((copy) => copy.uid === uid);
    if (this.#copies.size < MAXIMUM) {
      if (uid === 0 || (ofUsers.length < MAXIMUM_OF_USERS && ofUser.length < MAXIMUM_OF_USER)) return;
    }
    throw new MachineError('too-many-operations', 'Too many ongoing copies.');
  }

  /** Ends all copies. */
  close(): void {
    this.#unsubscribe();
    for (const { machine, abort } of this.#copies) abort.abort(ended(machine));
  }

  /** Waits until there may be a process more. Rejected when the copy is called off. */
  async #turn(copy: RunningCopy): Promise<void> {
    const { signal } = copy.abort;
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      copy.start = resolve;
      this.#startNext();
    });
  }

  #startNext(): void {
    for (const copy of this.#copies) {
      if (copy.running || copy.start === undefined || copy.abort.signal.aborted || !this.#mayRun(copy)) continue;
      copy.running = true;
      copy.start();
    }
  }

  #mayRun({ machine, uid }: RunningCopy): boolean {
    const running = [...this.#copies].filter((copy) => copy.running);
    const ofUsers = running.filter((copy) => copy.uid !== 0);
    const ofMachine = running.filter((copy) => isSameRegistration(copy.machine, machine));
    return (
      running.length < MAXIMUM_PROCESSES &&
      (uid === 0 || ofUsers.length < MAXIMUM_PROCESSES_OF_USERS) &&
      ofMachine.length < MAXIMUM_PROCESSES_OF_MACHINE
    );
  }
}

/** One that is under way, or waits for its turn. */
class RunningCopy {
  readonly machine: Machine;
  readonly uid: number;
  readonly abort: AbortController;
  running = false;
  /** To be called when it is its turn. */
  start: (() => void) | undefined;

  constructor(machine: Machine, uid: number, abort: AbortController) {
    this.machine = machine;
    this.uid = uid;
    this.abort = abort;
  }

  /** The process is gone when this is over. */
  async run(program: Program, job: CopyJob, onProgress: (progress: CopyProgress) => void = () => {}): Promise<void> {
    const { signal } = this.abort;
    signal.throwIfAborted();
    await runCopy(program, job, signal, onProgress);
  }
}

function jobOf({ leader, facts }: Machine, request: CopyRequest): CopyJob {
  const { uidMap: users, gidMap: groups, sharesHostUsers } = facts;
  return { ...request, leader, ...(!sharesHostUsers && { idMaps: { users, groups } }) };
}

function ended({ name }: Machine): SystemFailure {
  return new SystemFailure(ESRCH, 'ESRCH', `machine ${name} has ended`);
}

const ECANCELED = 125;
const ESRCH = 3;
