import { constants } from 'node:os';
import type { PseudoTerminal } from '../../../linux/pseudo-terminal.ts';
import type { AccountIds } from '../../../machine/accounts.ts';
import { MachineError, SystemFailure } from '../../../machine/errors.ts';
import { isSameProcess, type Machine, type ProcessIdentity } from '../../../machine/machine.ts';
import type { MachineFiles } from '../../../machine/operations.ts';
import type { Program } from '../../../programs/running-program.ts';
import type { RootAnswer, RootQuestion } from './question.ts';
import { type ReceivedAnswer, RootProcess } from './root-process.ts';

/** Questions that wait at one time; more are refused. */
const MAXIMUM_QUESTIONS = 20_000;
/** Processes, those that are stuck for good included. One takes some 15 MB. */
const MAXIMUM_PROCESSES = 32;
const EPROTO = 71;
/** What is wanted by who knows that a VM has none of it. */
const inside: ReadonlySet<RootQuestion['wanted']> = new Set(['root-directory', 'terminal']);

/**
 * Looks into the root directories of machines in processes of their own, because a container can make its root a file
 * system that never answers. One process does for all, unless it is stuck: then another goes on with the next machine.
 * A process that is stuck for two seconds is given up, with all that is to be asked of the machine it is stuck at; and
 * until it is gone that machine is asked nothing more, so that it costs one process and not one for each question (two,
 * where it was among several that were asked together, behind a slow one).
 */
export class MachineRoots implements MachineFiles {
  readonly #waiting = new Set<Errand>();
  /** What each process has not answered. */
  readonly #asked = new Map<RootProcess, Errand>();
  /** Those that were given up and are not gone, with the leader of the machine that they are stuck at. */
  readonly #stuck = new Map<RootProcess, ProcessIdentity>();
  readonly #idle = new Set<RootProcess>();
  readonly #program: Program;

  /** @param program what the processes run: `program.ts` */
  constructor(program: Program) {
    this.#program = program;
  }

  /**
   * The fields of os-release(5) as `KEY=VALUE`, unquoted, in the file's order.
   * @throws MachineError `no-os-release-information`, `not-available` when the machine does not answer in two seconds;
   * SystemFailure EBADMSG for a file with a zero byte, EINVAL for fields that are no UTF-8
   */
  async osRelease(machine: Machine): Promise<readonly string[]> {
    return fieldsOf(machine, await this.#ask(machine, 'os-release'));
  }

  /**
   * The same of several machines, which one process reads one after another for much less than it takes one by one.
   * @throws MachineError also `not-available` for those that would have to wait for others: of one that is asked
   * something else, and when one before it does not answer in a fifth of a second
   */
  osReleases(machines: readonly Machine[]): readonly Promise<readonly string[]>[] {
    const errand: Pending[] = [];
    const answers = machines.map(async (machine) => {
      this.#check(machine, 'os-release');
      const answer = new Promise<RootAnswer>((resolve, reject) => {
        errand.push({ name: machine.name, question: questionOf(machine, 'os-release'), resolve, reject });
      });
      return fieldsOf(machine, await answer);
    });
    if (errand.length > 0) this.#waiting.add(errand);
    this.#askNext();
    return answers;
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
   * the machine does not answer in two seconds or refuses; SystemError EMFILE
   */
  async openRootDirectory(machine: Machine): Promise<number> {
    const answer = await this.#ask(machine, 'root-directory');
    if (answer.descriptor !== undefined) return answer.descriptor;
    const failure = 'failure' in answer ? answer.failure : 'EIO';
    if (failure === 'ESRCH') throw new MachineError('no-such-process', `the leader of ${machine.name} has ended`);
    throw new MachineError('not-available', `the root directory of ${machine.name} cannot be opened: ${failure}`);
  }

  /**
   * A new pseudo terminal of the machine's own devpts; for `.host`, of that of PID 1.
   * @throws MachineError `not-supported` for a VM, `no-such-process` when the leader has ended, `not-available` when
   * the machine does not answer in two seconds; SystemFailure EPROTO where it has no pseudo terminals to give (what
   * systemd-machined 262 says, whatever is wrong); SystemError EMFILE
   */
  async openTerminal(machine: Machine): Promise<PseudoTerminal> {
    const answer = await this.#ask(machine, 'terminal');
    const { descriptor } = answer;
    if (descriptor !== undefined && 'terminal' in answer) return { descriptor, number: answer.terminal ?? 0 };
    const failure = 'failure' in answer ? answer.failure : 'EIO';
    if (failure === 'ESRCH') throw new MachineError('no-such-process', `the leader of ${machine.name} has ended`);
    throw new SystemFailure(EPROTO, 'EPROTO', `machine ${machine.name} gives no pseudo terminal: ${failure}`);
  }

  close(): void {
    const pending = [...this.#waiting, ...this.#asked.values()].flat();
    this.#waiting.clear();
    for (const one of pending) refuse(one, `${one.name} was not asked any more`);
    for (const one of [...this.#asked.keys(), ...this.#idle]) one.end();
  }

  async #ask(machine: Machine, wanted: RootQuestion['wanted']): Promise<ReceivedAnswer> {
    this.#check(machine, wanted);
    return new Promise((resolve, reject) => {
      this.#waiting.add([{ name: machine.name, question: questionOf(machine, wanted), resolve, reject }]);
      this.#askNext();
    });
  }

  #check({ name, class: machineClass, leader }: Machine, wanted: RootQuestion['wanted']): void {
    if (machineClass === 'vm') {
      const code = inside.has(wanted) ? 'not-supported' : 'not-available';
      throw new MachineError(code, `${name} is a VM: its files are its own`);
    }
    if (this.#waiting.size >= MAXIMUM_QUESTIONS) {
      throw new MachineError('not-available', 'too many questions to machines are waiting');
    }
    if ([...this.#stuck.values()].some((other) => isSameProcess(leader, other))) {
      throw new MachineError('not-available', `${name} still does not show its files`);
    }
  }

  #askNext(): void {
    for (const errand of this.#waiting) {
      const ready = errand.filter((pending) => !this.#isBusy(pending));
      // A machine is asked one thing at a time, so that it cannot keep more than one process.
      if (ready.length === 0 && errand.length === 1) continue;
      const process = ready.length === 0 ? undefined : this.#free();
      if (process === undefined && ready.length > 0) break;
      this.#waiting.delete(errand);
      for (const pending of errand) if (!ready.includes(pending)) refuse(pending, `${pending.name} is being asked`);
      if (process === undefined) continue;
      this.#idle.delete(process);
      this.#asked.set(process, ready);
      process.ask(ready.map(({ question }) => question));
    }
    if (this.#asked.size > 0) return;
    for (const one of [...this.#waiting].flat()) {
      refuse(one, `too many machines do not show their files: ${one.name} cannot be asked`);
    }
    this.#waiting.clear();
  }

  #isBusy({ question }: Pending): boolean {
    const { leader } = question.machine;
    for (const errand of this.#asked.values()) {
      if (errand.some((other) => !other.dropped && isSameProcess(leader, other.question.machine.leader))) return true;
    }
    return false;
  }

  /** A process to ask, if there is one or it is time for one more. */
  #free(): RootProcess | undefined {
    const [idle] = this.#idle;
    if (idle !== undefined) return idle;
    if (this.#asked.size + this.#stuck.size >= MAXIMUM_PROCESSES) return undefined;
    for (const { slow } of this.#asked.keys()) if (!slow) return undefined;
    const started: RootProcess = new RootProcess(this.#program, {
      onAnswer: (answer) => this.#answered(started, answer),
      onSlow: () => this.#slow(started),
      onEnd: () => this.#ended(started),
      onExit: () => this.#stuck.delete(started),
    });
    return started;
  }

  #answered(process: RootProcess, answer: ReceivedAnswer | Error): void {
    const [first, ...rest] = this.#asked.get(process) ?? [];
    if (answer instanceof Error) first?.reject(answer);
    else first?.resolve(answer);
    if (rest.length > 0) {
      this.#asked.set(process, rest);
      return;
    }
    this.#asked.delete(process);
    this.#idle.add(process);
    this.#askNext();
  }

  /** What is to be asked of others is asked without it from now on; it comes to that all the same. */
  #slow(process: RootProcess): void {
    for (const pending of this.#asked.get(process)?.slice(1) ?? []) {
      pending.dropped = true;
      refuse(pending, `${pending.name} was not asked in time`);
    }
    this.#askNext();
  }

  #ended(process: RootProcess): void {
    this.#idle.delete(process);
    const [lost, ...rest] = this.#asked.get(process) ?? [];
    if (lost === undefined) return;
    this.#asked.delete(process);
    const { leader } = lost.question.machine;
    this.#stuck.set(process, leader);
    refuse(lost, `${lost.name} did not show its files in time`);
    for (const pending of rest) refuse(pending, `${pending.name} was not asked`);
    for (const errand of this.#waiting) {
      const [only] = errand;
      if (errand.length > 1 || only === undefined || !isSameProcess(leader, only.question.machine.leader)) continue;
      this.#waiting.delete(errand);
      refuse(only, `${only.name} did not show its files in time`);
    }
    this.#askNext();
  }
}

function questionOf({ class: machineClass, leader }: Machine, wanted: RootQuestion['wanted']): RootQuestion {
  return { wanted, machine: { class: machineClass, leader } };
}

function fieldsOf({ name }: Machine, answer: RootAnswer): readonly string[] {
  if ('fields' in answer && answer.fields !== undefined) return answer.fields;
  if ('unreadable' in answer) {
    const { unreadable } = answer;
    throw new SystemFailure(constants.errno[unreadable], unreadable, `the os-release file of ${name} is no text`);
  }
  throw new MachineError('no-os-release-information', `${name} has no os-release file`);
}

function refuse({ reject }: Pending, reason: string): void {
  reject(new MachineError('not-available', reason));
}

/** What one process is asked at a time. */
type Errand = readonly Pending[];

interface Pending {
  readonly name: string;
  readonly question: RootQuestion;
  readonly resolve: (answer: ReceivedAnswer) => void;
  readonly reject: (error: Error) => void;
  /** Nobody waits for its answer any more. */
  dropped?: boolean;
}
