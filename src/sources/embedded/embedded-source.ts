import { currentTimestamp } from '../../linux/clock.ts';
import type { EventLoop } from '../../linux/event-loop.ts';
import { SystemError } from '../../linux/libc.ts';
import type { Process } from '../../linux/process.ts';
import { isOwnedBy } from '../../linux/process-user.ts';
import type { Authority } from '../../machine/authorize.ts';
import { MachineError } from '../../machine/errors.ts';
import type { Machine, MachineFacts } from '../../machine/machine.ts';
import { hostMachineName, type MachineName } from '../../machine/machine-name.ts';
import type { MachineSource, SourceHealth } from '../../machine/machine-source.ts';
import type {
  Caller,
  KillWhom,
  MachineOperations,
  RegistrationRequest,
  ScopeProperty,
} from '../../machine/operations.ts';
import type { Operation } from '../../machine/privilege.ts';
import type { Registry } from '../../machine/registry.ts';
import { scopeDescription, scopeUnitName, type UnitManager } from '../../machine/unit-manager.ts';
import { type LeaderUnit, readLeaderUnit } from '../kernel/leader-facts.ts';
import { Leaders } from '../kernel/leaders.ts';
import { isSystemProcess, pinLeader } from '../kernel/pin-leader.ts';
import { identityOf } from '../kernel/process-identity.ts';
import { identifyCaller, pinCaller } from './caller.ts';
import { endMachine, hasScopeOfItsOwn, signalMachine, unitToEnd } from './machine-signals.ts';
import { Reservations } from './reservations.ts';
import { restoreMachines, tidy } from './restore.ts';
import type { StateDirectory } from './state-directory.ts';
import { Unrestored } from './unrestored.ts';

/** What the source is made of. */
export interface EmbeddedSourceParts {
  readonly loop: EventLoop;
  readonly registry: Registry;
  /** The machines of all sources, in case there are others: their names and leaders are taken, too. */
  readonly all?: Registry;
  readonly states: StateDirectory;
  readonly authority: Authority;
  /** Who makes units for machines and ends them; absent where no systemd is. */
  readonly units?: UnitManager;
  /** 32 hexadecimal digits. */
  readonly bootId: string;
  /** The user whose registry this is: root for the system's. */
  readonly uid: number;
  /** Hears of what went wrong without stopping anything: to be logged. */
  readonly onProblem: (error: Error) => void;
}

/**
 * The registry's own machines: registered by programs, kept in state files, and gone when their leaders are.
 */
export class EmbeddedSource implements MachineSource, MachineOperations {
  readonly name = 'embedded';
  /** Nobody else has to be asked what its machines are. */
  readonly health: SourceHealth = { state: 'live' };
  readonly #parts: EmbeddedSourceParts;
  readonly #leaders: Leaders;
  readonly #reservations: Reservations;
  readonly #unrestored: Unrestored;

  constructor(parts: EmbeddedSourceParts) {
    this.#parts = parts;
    this.#leaders = new Leaders(parts.loop, parts.registry, {
      exit: (name) => this.#ended(name),
      problem: parts.onProblem,
    });
    this.#unrestored = new Unrestored(
      (names) => restoreMachines(parts, this.#leaders, names),
      () => tidy(parts),
    );
    this.#reservations = new Reservations(parts.registry, ...(parts.all === undefined ? [] : [parts.all]));
  }

  get registry(): Registry {
    return this.#parts.registry;
  }

  get operations(): MachineOperations {
    return this;
  }

  /** The processes that lead the machines. */
  get leaders(): Leaders {
    return this.#leaders;
  }

  /** Reads the state files of an earlier run: machines that live are back, those that ended meanwhile are forgotten. */
  restore(): void {
    this.#unrestored.add(restoreMachines(this.#parts, this.#leaders));
  }

  register(request: RegistrationRequest, caller: Caller, onKept?: () => void): Promise<Machine> {
    return this.#add(request, caller, { onKept });
  }

  create(request: RegistrationRequest, scope: readonly ScopeProperty[], caller: Caller): Promise<Machine> {
    return this.#add(request, caller, { scope });
  }

  async unregister(machine: Machine, caller: Caller): Promise<void> {
    const current = await this.#permitted('unregister-machine', machine, caller);
    // systemd 262 says yes, and keeps the host.
    if (current.name === hostMachineName) return;
    this.#parts.states.remove(current);
    this.#forget(current);
  }

  async terminate(machine: Machine, caller: Caller): Promise<void> {
    const current = await this.#permitted('terminate-machine', machine, caller);
    // By systemd where that can be asked: it goes by the unit's KillMode= and TimeoutStopSec=, and ends what is left
    // also when we are not there any more. Signals do without it: KillUnit would do no more than they.
    const unit = unitToEnd(current, this.#leaderOf(current));
    if (unit !== undefined && (await this.#parts.units?.stop(unit))) return;
    endMachine(current, this.#leaderOf(this.#parts.registry.current(current)), caller.uid);
  }

  async kill(machine: Machine, whom: KillWhom, signal: number, caller: Caller): Promise<void> {
    const current = await this.#permitted('kill-machine', machine, caller);
    signalMachine(current, this.#leaderOf(current), whom, signal, caller.uid);
  }

  /** Lets go of everything; the machines and their state files stay for the next run. */
  close(): void {
    this.#unrestored.close();
    this.#leaders.close();
  }

  async #add(request: RegistrationRequest, caller: Caller, { scope, onKept }: Manner): Promise<Machine> {
    const leader = request.leader === undefined ? pinCaller(caller) : pinLeader(request.leader, this.#parts.bootId);
    try {
      if (isSystemProcess(leader)) {
        throw new MachineError('invalid-parameter', `process ${leader.pid} cannot lead a machine`, 'leader');
      }
      // systemd 262 looks at the process before it asks who wants it, and at whose it is and names in use only after.
      const operation = scope === undefined ? 'register-machine' : 'create-machine';
      const { name, class: machineClass } = request;
      await this.#parts.authority.authorize(operation, caller, { name, class: machineClass });
      if (caller.uid !== 0 && !belongsTo(leader, caller.uid)) {
        throw new MachineError('permission-denied', `process ${leader.pid} is not user ${caller.uid}'s`, 'leader');
      }
      this.#unrestored.settle(request.name);
      const release = this.#reservations.reserve(request.name, leader.pid);
      try {
        if (scope === undefined) return this.#admit(request, leader, caller, { onKept });
        return await this.#addWithUnit(request, leader, caller, scope);
      } finally {
        release();
      }
    } catch (error) {
      leader.close();
      if (!(error instanceof SystemError && error.code === 'ESRCH')) throw error;
      throw new MachineError('no-such-process', `process ${leader.pid} has ended`, 'leader');
    }
  }

  async #addWithUnit(
    request: RegistrationRequest,
    leader: Process,
    caller: Caller,
    scope: readonly ScopeProperty[],
  ): Promise<Machine> {
    const { units } = this.#parts;
    const unit = scopeUnitName(request.name);
    const description = scopeDescription(request.class, request.name);
    const made = await units?.startScope({ unit, description, leader, properties: scope });
    if (!made) return this.#admit(request, leader, caller, {});
    try {
      return this.#admit(request, leader, caller, { unit: { unit } });
    } catch (error) {
      // The leader is in it and cannot be put back: it ends with it, or the name of the unit would stay taken.
      await units?.stop(unit);
      throw error;
    }
  }

  /** From here on the leader is the registry's, or nothing has changed. */
  #admit(
    request: RegistrationRequest,
    leader: Process,
    caller: Caller,
    { unit = readLeaderUnit(leader, this.#parts.uid), onKept }: Admission,
  ): Machine {
    const { registry, states } = this.#parts;
    const { name, leader: _claim, ...described } = request;
    const supervisor = identifyCaller(caller, leader);
    const facts = this.#leaders.hold(name, leader, request.class);
    const timestamp = currentTimestamp();
    const machineWith = (known: MachineFacts): Machine => ({
      name,
      ...described,
      ...unit,
      leader: identityOf(leader),
      ...(supervisor !== undefined && { supervisor }),
      owner: caller.uid,
      timestamp,
      facts: known,
    });
    try {
      const kept = machineWith(facts);
      registry.refuseTaken(kept);
      // Written first: who sees a machine sees one that is kept.
      states.save(kept);
    } catch (error) {
      this.#leaders.leave(name);
      throw error;
    }
    onKept?.();
    // Nobody else is answered in between: no machine is seen without its network, nor missed by who has the answer.
    const machine = machineWith(this.#leaders.beginNetwork(name, facts));
    registry.add(machine);
    return machine;
  }

  #forget({ name }: Machine): void {
    this.#leaders.leave(name);
    this.#parts.registry.remove(name);
  }

  /** The leader has ended. What is left in a unit that was made for it goes with it, as with systemd 262. */
  #ended(name: MachineName): void {
    const machine = this.#parts.registry.get(name);
    if (machine === undefined) return;
    if (hasScopeOfItsOwn(machine)) void this.#parts.units?.stop(machine.unit);
    this.#parts.states.removeEnded(machine);
    this.#forget(machine);
  }

  /**
   * Lets the caller do it or does not, and gives the machine as it is after that.
   * @throws MachineError `no-such-machine` when it has gone meanwhile, whatever has its name now
   */
  async #permitted(operation: Operation, machine: Machine, caller: Caller): Promise<Machine> {
    await this.#parts.authority.authorize(operation, caller, machine);
    return this.#parts.registry.current(machine);
  }

  #leaderOf(machine: Machine): Process {
    const leader = this.#leaders.get(machine.name);
    if (leader === undefined) throw new MachineError('not-supported', `${machine.name} has no processes of its own`);
    return leader;
  }
}

/** How a machine is added. */
interface Manner {
  /** Of the unit that is to be made; without it the leader stays where it is. */
  readonly scope?: readonly ScopeProperty[];
  readonly onKept?: (() => void) | undefined;
}

interface Admission extends Pick<Manner, 'onKept'> {
  /** Where the leader is, if that is known. */
  readonly unit?: LeaderUnit;
}

/** What a user's own daemon may not even look at is another user's. */
function belongsTo(leader: Process, uid: number): boolean {
  try {
    return isOwnedBy(leader, uid);
  } catch (error) {
    if (['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
