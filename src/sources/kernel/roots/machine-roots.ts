import type { AccountIds } from '../../../machine/accounts.ts';
import { MachineError } from '../../../machine/errors.ts';
import type { Machine, ProcessIdentity } from '../../../machine/machine.ts';
import type { MachineFiles } from '../../../machine/operations.ts';
import type { RootAnswer, RootQuestion } from './question.ts';
import { RootProcess } from './root-process.ts';

/** Questions that wait at one time; more are refused. */
const MAXIMUM_QUESTIONS = 20_000;
/** Processes, those that are stuck for good included. One takes some 15 MB. */
const MAXIMUM_PROCESSES = 32;

/**
 * Looks into the root directories of machines in processes of their own, because a container can make its root a file
 * system that never answers. One process does for all, unless it is stuck: then another goes on with the next machine.
 * A process that is stuck for two seconds is given up, with all that is to be asked of the machine it is stuck at; and
 * until it is gone that machine is asked nothing more, so that it costs one process and not one for each question.
 */
export class MachineRoots implements MachineFiles {
  readonly #waiting = new Set<Pending>();
  readonly #asked = new Map<RootProcess, Pending>();
  /** Those that were given up and are not gone, with the leader of the machine that they are stuck at. */
  readonly #stuck = new Map<RootProcess, ProcessIdentity>();
  readonly #idle = new Set<RootProcess>();
  readonly #program: string;

  /** @param program what the processes run: `program.ts`, as built */
  constructor(program: string) {
    this.#program = program;
  }

  /**
   * The fields of os-release(5) as `KEY=VALUE`, unquoted, in the file's order.
   * @throws MachineError `no-os-release-information`, `not-available` when the machine does not answer in two seconds
   */
  async osRelease(machine: Machine): Promise<readonly string[]> {
    const answer = await this.#ask(machine, 'os-release');
    if ('fields' in answer && answer.fields !== undefined) return answer.fields;
    throw new MachineError('no-os-release-information', `${machine.name} has no os-release file`);
  }

  /**
   * What a container calls itself in hostname(5), whatever that is; undefined where it says nothing.
   * @throws MachineError `not-available` when the machine does not answer in two seconds, or is a VM
   */
  async hostName(machine: Machine): Promise<string | undefined> {
    const answer = await this.#ask(machine, 'host-name');
    return 'hostName' in answer && answer.hostName !== '' ? answer.hostName : undefined;
  }

  /**
   * The numbers of the users and groups that a container's own passwd(5) and group(5) name, as far as `accountLimits`
   * goes.
   * @throws MachineError `not-available` when the machine does not answer in two seconds, has ended, or is a VM
   */
  async accounts(machine: Machine): Promise<AccountIds> {
    const answer = await this.#ask(machine, 'accounts');
    if ('users' in answer) return answer;
    const failure = 'failure' in answer ? answer.failure : 'EIO';
    throw new MachineError('not-available', `the root directory of ${machine.name} cannot be opened: ${failure}`);
  }

  /**
   * The machine's root as its leader has it; for `.host`, as PID 1 has it.
   * @throws MachineError `not-supported` for a VM, `no-such-process` when the leader has ended, `not-available` when
   * the machine does not answer in two seconds or refuses; SystemError where pidfd_getfd(2) is forbidden to us
   */
  async openRootDirectory(machine: Machine): Promise<number> {
    const answer = await this.#ask(machine, 'root-directory');
    if ('descriptor' in answer) return answer.descriptor;
    const failure = 'failure' in answer ? answer.failure : 'EIO';
    if (failure === 'ESRCH') throw new MachineError('no-such-process', `the leader of ${machine.name} has ended`);
    throw new MachineError('not-available', `the root directory of ${machine.name} cannot be opened: ${failure}`);
  }

  close(): void {
    const pending = [...this.#waiting, ...this.#asked.values()];
    this.#waiting.clear();
    for (const { name, reject } of pending) reject(new MachineError('not-available', `${name} was not asked any more`));
    for (const one of [...this.#asked.keys(), ...this.#idle]) one.end();
  }

  #ask(machine: Machine, wanted: RootQuestion['wanted']): Promise<RootAnswer> {
    const { name, class: machineClass, leader } = machine;
    if (machineClass === 'vm') {
      const code = wanted === 'root-directory' ? 'not-supported' : 'not-available';
      throw new MachineError(code, `${name} is a VM: its files are its own`);
    }
    if (this.#waiting.size >= MAXIMUM_QUESTIONS) {
      throw new MachineError('not-available', 'too many questions to machines are waiting');
    }
    if ([...this.#stuck.values()].some((other) => isSame(leader, other))) {
      throw new MachineError('not-available', `${name} still does not show its files`);
    }
    return new Promise((resolve, reject) => {
      const question = { wanted, machine: { class: machineClass, leader } };
      this.#waiting.add({ name, question, resolve, reject });
      this.#askNext();
    });
  }

  #askNext(): void {
    for (const pending of this.#waiting) {
      // A machine is asked one thing at a time, so that it cannot keep more than one process.
      const { leader } = pending.question.machine;
      if ([...this.#asked.values()].some(({ question }) => isSame(leader, question.machine.leader))) continue;
      const process = this.#free();
      if (process === undefined) break;
      this.#waiting.delete(pending);
      this.#idle.delete(process);
      this.#asked.set(process, pending);
      process.ask(pending.question);
    }
    if (this.#asked.size > 0) return;
    for (const { name, reject } of this.#waiting) {
      reject(new MachineError('not-available', `too many machines do not show their files: ${name} cannot be asked`));
    }
    this.#waiting.clear();
  }

  /** A process to ask, if there is one or it is time for one more. */
  #free(): RootProcess | undefined {
    const [idle] = this.#idle;
    if (idle !== undefined) return idle;
    if (this.#asked.size + this.#stuck.size >= MAXIMUM_PROCESSES) return undefined;
    for (const { slow } of this.#asked.keys()) if (!slow) return undefined;
    const started: RootProcess = new RootProcess(this.#program, {
      onAnswer: (answer) => this.#answered(started, answer),
      onSlow: () => this.#askNext(),
      onEnd: () => this.#ended(started),
      onExit: () => this.#stuck.delete(started),
    });
    return started;
  }

  #answered(process: RootProcess, answer: RootAnswer | Error): void {
    const pending = this.#asked.get(process);
    this.#asked.delete(process);
    this.#idle.add(process);
    if (answer instanceof Error) pending?.reject(answer);
    else pending?.resolve(answer);
    this.#askNext();
  }

  #ended(process: RootProcess): void {
    this.#idle.delete(process);
    const lost = this.#asked.get(process);
    if (lost === undefined) return;
    this.#asked.delete(process);
    const { leader } = lost.question.machine;
    this.#stuck.set(process, leader);
    for (const pending of [lost, ...this.#waiting]) {
      if (!isSame(leader, pending.question.machine.leader)) continue;
      this.#waiting.delete(pending);
      pending.reject(new MachineError('not-available', `${pending.name} did not show its files in time`));
    }
    this.#askNext();
  }
}

function isSame(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.pidfdId === other.pidfdId;
}

interface Pending {
  readonly name: string;
  readonly question: RootQuestion;
  readonly resolve: (answer: RootAnswer) => void;
  readonly reject: (error: Error) => void;
}
