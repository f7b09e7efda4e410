import { isDeepStrictEqual } from 'node:util';
import type { EventLoop } from '../../linux/event-loop.ts';
import { SystemError } from '../../linux/libc.ts';
import type { Process } from '../../linux/process.ts';
import { withoutUndefined } from '../../machine/defined.ts';
import { MachineError } from '../../machine/errors.ts';
import type { Machine, MachineFacts } from '../../machine/machine.ts';
import type { MachineName } from '../../machine/machine-name.ts';
import type { Registry } from '../../machine/registry.ts';
import { readLeaderUnit } from '../kernel/leader-facts.ts';
import { Leaders } from '../kernel/leaders.ts';
import { identityOf } from '../kernel/process-identity.ts';
import { pinToldLeader } from './pin-told-leader.ts';
import { isSameMachine, type ToldMachine } from './told-machine.ts';

/** What the mirror is made of. */
export interface MirrorParts {
  readonly loop: EventLoop;
  /** What it fills. `.host` in it is left alone. */
  readonly registry: Registry;
  /** The user whose service manager's units count: 0 is the system's. */
  readonly uid: number;
  /** A leader has ended, while systemd-machined vouches for its machine. */
  readonly onEnded: (name: MachineName) => void;
  /** What went wrong with one machine, which cost no more than that. */
  readonly onProblem: (name: MachineName | undefined, error: Error) => void;
}

/**
 * The machines that systemd-machined has, in a registry, with what the kernel says of their leaders kept current.
 *
 * As long as systemd-machined vouches for them, machines come and go by its word alone: it keeps one whose leader has
 * ended while its unit lives on. Without it a machine stays as long as its leader lives.
 */
export class Mirror {
  readonly #parts: MirrorParts;
  readonly #leaders: Leaders;
  /** Machines without a living leader. */
  readonly #leaderless = new Set<MachineName>();
  readonly #names = new Set<MachineName>();
  #vouched = false;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
    this.#leaders = new Leaders(parts.loop, parts.registry, {
      exit: (name) => this.#ended(name),
      problem: (error) => parts.onProblem(undefined, error),
    });
  }

  /** The processes that lead the machines. */
  get leaders(): Leaders {
    return this.#leaders;
  }

  /** The machines that are mirrored. */
  get names(): ReadonlySet<MachineName> {
    return this.#names;
  }

  /** A machine is there, as told. One of the same name that is not the same registration has gone. */
  put(told: ToldMachine): void {
    const known = this.#names.has(told.name) ? this.#parts.registry.get(told.name) : undefined;
    if (known !== undefined && isSameMachine(known, told)) {
      this.#update(told);
      return;
    }
    this.drop(told.name);
    this.#add(told);
  }

  /** There is no machine of this name, maybe any more. */
  drop(name: MachineName): void {
    if (!this.#names.delete(name)) return;
    this.#leaderless.delete(name);
    this.#leaders.leave(name);
    this.#parts.registry.remove(name);
  }

  /** There are no other machines than these, whatever is known of them. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of [...this.#names]) if (!names.has(name)) this.drop(name);
  }

  /** Whether systemd-machined says which machines there are. If not, those whose leaders have ended are gone. */
  vouch(vouched: boolean): void {
    this.#vouched = vouched;
    if (!vouched) for (const name of [...this.#leaderless]) this.drop(name);
  }

  /** Lets go of everything; the registry stays as it is. */
  close(): void {
    this.#names.clear();
    this.#leaderless.clear();
    this.#leaders.close();
  }

  #ended(name: MachineName): void {
    this.#leaderless.add(name);
    if (this.#vouched) this.#parts.onEnded(name);
    else this.drop(name);
  }

  /** What is told later may be less: systemd 262 forgets the control group below the unit when it is restarted. */
  #update({ name, leader: _leader, unit: _unit, subgroup: _subgroup, ...described }: ToldMachine): void {
    this.#parts.registry.update(name, (before) => {
      const { leader, unit, subgroup, facts } = before;
      const machine: Machine = { name, ...described, ...withoutUndefined({ unit, subgroup }), leader, facts };
      return isDeepStrictEqual(machine, before) ? before : machine;
    });
  }

  #add(told: ToldMachine): void {
    const { name, ...described } = told;
    const process = this.#pin(told);
    const facts = process && this.#enter(told, process);
    const leader = facts === undefined ? told.leader : identityOf(process as Process);
    try {
      if (leader === undefined) throw new MachineError('no-such-process', 'its leader is not told');
      if (facts !== undefined) this.#dropFormer(leader.pid);
      this.#register({ name, ...described, leader, facts: facts ?? NOTHING_KNOWN }, facts && process);
    } catch (error) {
      this.#leaders.leave(name);
      this.#parts.onProblem(name, new Error(`machine ${name} cannot be mirrored`, { cause: error }));
      return;
    }
    this.#names.add(name);
    if (facts === undefined) this.#leaderless.add(name);
  }

  /** A leader that has ended, of a machine that systemd-machined keeps, may have left its number to a living one. */
  #dropFormer(pid: number): void {
    const former = this.#parts.registry.byLeader(pid);
    if (former !== undefined && this.#leaderless.has(former.name)) this.drop(former.name);
  }

  /** Undefined when it has ended, or nothing can be known of it. */
  #pin(told: ToldMachine): Process | undefined {
    try {
      return pinToldLeader(told);
    } catch (error) {
      this.#cannotFollow(told.name, error);
      return undefined;
    }
  }

  #cannotFollow(name: MachineName, cause: unknown): void {
    this.#parts.onProblem(name, new Error(`the leader of machine ${name} cannot be followed`, { cause }));
  }

  /** Undefined, and the process closed, when there is nothing to be known of it. */
  #enter({ name, class: machineClass }: ToldMachine, process: Process): MachineFacts | undefined {
    try {
      return this.#leaders.enter(name, process, machineClass);
    } catch (error) {
      process.close();
      // It may have ended a moment ago.
      if (!(error instanceof SystemError && error.code === 'ESRCH')) this.#cannotFollow(name, error);
      return undefined;
    }
  }

  /**
   * systemd-machined before 259 keeps no control group below the unit, so that several machines can seem to have the
   * same unit to themselves. The control group of the leader says which it is.
   */
  #register(machine: Machine, process: Process | undefined): void {
    const { registry, uid } = this.#parts;
    try {
      registry.add(machine);
    } catch (error) {
      if (!(error instanceof MachineError && error.parameter === 'unit')) throw error;
      const { name, unit, subgroup: _subgroup, ...rest } = machine;
      const found = process === undefined ? {} : readLeaderUnit(process, uid);
      registry.add({ name, ...rest, ...(found.unit === unit && found.subgroup !== undefined && found) });
    }
  }
}

/** Of a machine without a leader. */
const NOTHING_KNOWN: MachineFacts = {
  uidMap: [],
  gidMap: [],
  sharesHostUsers: false,
  sharesHostNetwork: false,
  addresses: [],
};
