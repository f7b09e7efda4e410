import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MachineError } from '../../machine/errors.ts';
import type { Machine } from '../../machine/machine.ts';
import type { OsReleaseAnswer, OsReleaseQuestion } from './os-release-process.ts';

/** Milliseconds that one machine may take, and after which a process without work is ended. */
const PATIENCE = 2000;
const IDLE = 10_000;
/** Questions that wait at one time; more are refused. */
const MAXIMUM = 20_000;

/**
 * Reads the os-release(5) of machines in a process of its own, one after another, because a container can make its own
 * root a file system that never answers. A process that is stuck is given up, with the one question that it is stuck
 * at.
 */
export class OsReleaseReader {
  readonly #pending = new Map<number, Pending>();
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #last = 0;
  readonly #program: string;

  /** @param program what the process runs: os-release-process.js */
  constructor(program: string = fileURLToPath(new URL('./os-release-process.js', import.meta.url))) {
    this.#program = program;
  }

  /**
   * The fields as `KEY=VALUE`, unquoted, in the file's order.
   * @throws MachineError `no-os-release-information`, `not-available` when the machine does not answer in two seconds
   */
  read(machine: Machine): Promise<readonly string[]> {
    if (machine.class === 'vm') {
      return Promise.reject(new MachineError('not-available', `${machine.name} is a VM: its files are its own`));
    }
    if (this.#pending.size >= MAXIMUM) {
      return Promise.reject(new MachineError('not-available', 'too many questions for os-release are waiting'));
    }
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      this.#pending.set(id, { question: { id, leader: machine.leader }, name: machine.name, resolve, reject });
      if (this.#pending.size === 1) this.#askNext();
    });
  }

  close(): void {
    this.#end();
    for (const [id, { reject, name }] of this.#pending) {
      this.#pending.delete(id);
      reject(new MachineError('not-available', `${name} was not asked any more`));
    }
  }

  #askNext(): void {
    clearTimeout(this.#timer);
    const [next] = this.#pending.values();
    if (next === undefined) {
      this.#timer = setTimeout(() => this.#end(), IDLE).unref();
      return;
    }
    const child = this.#child ?? this.#start();
    this.#timer = setTimeout(() => this.#giveUp(next), PATIENCE);
    child.send(next.question, (error) => {
      if (error !== null) this.#giveUp(next);
    });
  }

  #start(): ChildProcess {
    const child = fork(this.#program, [], { stdio: 'ignore', execArgv: [] });
    this.#child = child;
    child.on('message', (answer: OsReleaseAnswer) => {
      const pending = this.#pending.get(answer.id);
      if (child !== this.#child || pending === undefined) return;
      this.#pending.delete(answer.id);
      if (answer.fields !== undefined) pending.resolve(answer.fields);
      else pending.reject(new MachineError('no-os-release-information', `${pending.name} has no os-release file`));
      this.#askNext();
    });
    child.on('error', () => this.#lost(child));
    child.on('exit', () => this.#lost(child));
    // It waits for questions, and need not keep this process alive.
    child.unref();
    child.channel?.unref();
    return child;
  }

  #lost(child: ChildProcess): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    const [first] = this.#pending.values();
    if (first !== undefined) this.#giveUp(first);
  }

  #giveUp({ question, name, reject }: Pending): void {
    if (!this.#pending.delete(question.id)) return;
    this.#end();
    reject(new MachineError('not-available', `${name} did not tell its OS release in time`));
    this.#askNext();
  }

  #end(): void {
    clearTimeout(this.#timer);
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
  }
}

interface Pending {
  readonly question: OsReleaseQuestion;
  readonly name: string;
  readonly resolve: (fields: readonly string[]) => void;
  readonly reject: (error: MachineError) => void;
}
