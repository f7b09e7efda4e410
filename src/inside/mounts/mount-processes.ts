import { MachineError, SystemFailure } from '../../machine/errors.ts';
import type { MountRequest } from '../../machine/inside-operations.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Program } from '../../programs/running-program.ts';
import { askProcess } from '../../programs/short-process.ts';
import type { Mounts } from '../inside.ts';
import type { MountAnswer, MountQuestion } from './question.ts';

/** How many are done at one time, and how many processes may be stuck for good. */
const AT_ONCE = 4;
const MAXIMUM_STUCK = 16;

/** What bounds them. */
export interface MountLimits {
  /** Milliseconds from the start of a process on, which takes most of the time: mounting takes none. */
  readonly patience: number;
  /** How many bind mounts wait for their turn. */
  readonly waiting: number;
}

const usual: MountLimits = { patience: 10_000, waiting: 256 };

/** Mounts files of the host in containers, each in a process of its own (program.ts). */
export class MountProcesses implements Mounts {
  readonly #program: Program;
  readonly #limits: MountLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** Leaders of machines at which a process was given up that is not gone. */
  readonly #stuck = new Set<number>();

  /** @param program what the processes run: `program.ts` */
  constructor(program: Program, limits: Partial<MountLimits> = {}) {
    this.#program = program;
    this.#limits = { ...usual, ...limits };
  }

  /**
   * @throws MachineError `not-supported` for what is no container, `no-such-process` when its leader has ended,
   * `too-many-operations`, `timed-out`; SystemFailure of the system, ENOENT for a source or destination that is not
   * there, EINVAL for those of different kinds. Nothing has been mounted or made then.
   */
  async bind(machine: Machine, request: MountRequest): Promise<void> {
    const { name, leader } = machine;
    if (machine.class !== 'container') throw new MachineError('not-supported', `${name} is no container`);
    if (this.#stuck.has(leader.pid)) throw new MachineError('timed-out', `${name} has not answered before`);
    if (this.#waiting.length >= this.#limits.waiting || this.#stuck.size >= MAXIMUM_STUCK) {
      throw new MachineError('too-many-operations', 'too many bind mounts at once');
    }
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      judge(machine, request, await this.#ask({ leader, request }, name));
    } finally {
      // Whoever waits longest takes its place.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  async #ask(question: MountQuestion, name: string): Promise<MountAnswer> {
    const { answer, gone, kill } = askProcess<MountAnswer>(this.#program, question);
    const { pid } = question.leader;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#stuck.add(pid);
        void gone.then(() => this.#stuck.delete(pid));
        reject(new MachineError('timed-out', `${name} did not answer in time`));
      }, this.#limits.patience);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
      kill();
    }
  }
}

function judge({ name }: Machine, { source, destination }: MountRequest, answer: MountAnswer): void {
  if ('done' in answer) return;
  if ('ended' in answer) throw new MachineError('no-such-process', `the leader of ${name} has ended`);
  const { errno, code, text } = answer;
  throw new SystemFailure(errno, code, `Failed to mount ${source} on ${destination} in machine's namespace: ${text}`);
}
