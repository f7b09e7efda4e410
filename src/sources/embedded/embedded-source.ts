import { currentTimestamp } from '../../linux/clock.ts';
import type { EventLoop } from '../../linux/event-loop.ts';
import { SystemError } from '../../linux/libc.ts';
import type { Process } from '../../linux/process.ts';
import { isOwnedBy } from '../../linux/process-user.ts';
import type { Authority } from '../../machine/authorize.ts';
import { MachineError } from '../../machine/errors.ts';
import type { Machine } from '../../machine/machine.ts';
import { hostMachineName, type MachineName } from '../../machine/machine-name.ts';
import type {
  Caller,
  KillWhom,
  MachineOperations,
  RegistrationRequest,
  ScopeProperty,
} from '../../machine/operations.ts';
import type { Registry } from '../../machine/registry.ts';
import { readLeaderUnit } from '../kernel/leader-facts.ts';
import { Leaders } from '../kernel/leaders.ts';
import { isSystemProcess, pinLeader } from '../kernel/pin-leader.ts';
import { identityOf } from '../kernel/process-identity.ts';
import { identifyCaller, pinCaller } from './caller.ts';
import { endMachine, signalMachine } from './machine-signals.ts';
import { restoreMachines } from './restore.ts';
import type { StateDirectory } from './state-directory.ts';

/** What the source is made of. */
export interface EmbeddedSourceParts {
  readonly loop: EventLoop;
  readonly registry: Registry;
  readonly states: StateDirectory;
  readonly authority: Authority;
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
export class EmbeddedSource implements MachineOperations {
  readonly #parts: EmbeddedSourceParts;
  readonly #leaders: Leaders;

  constructor(parts: EmbeddedSourceParts) {
    this.#parts = parts;
    this.#leaders = new Leaders(parts.loop, parts.registry, {
      exit: (name) => this.#ended(name),
      problem: parts.onProblem,
    });
  }

  /** The processes that lead the machines. */
  get leaders(): Leaders {
    return this.#leaders;
  }

  /** Reads the state files of an earlier run: machines that live are back, those that ended meanwhile are forgotten. */
  restore(): void {
    restoreMachines(this.#parts, this.#leaders);
  }

  async register(request: RegistrationRequest, caller: Caller): Promise<Machine> {
    const leader = request.leader === undefined ? pinCaller(caller) : pinLeader(request.leader, this.#parts.bootId);
    try {
      if (isSystemProcess(leader)) {
        throw new MachineError('invalid-parameter', `process ${leader.pid} cannot lead a machine`, 'leader');
      }
      // systemd 262 looks at the process before it asks who wants it, and at names in use only after.
      await this.#parts.authority.authorize('register-machine', caller);
      if (caller.uid !== 0 && !belongsTo(leader, caller.uid)) {
        throw new MachineError('permission-denied', `process ${leader.pid} is not user ${caller.uid}'s`);
      }
      return this.#admit(request, leader, caller);
    } catch (error) {
      leader.close();
      if (!(error instanceof SystemError && error.code === 'ESRCH')) throw error;
      throw new MachineError('invalid-parameter', `process ${leader.pid} has ended`, 'leader');
    }
  }

  async create(_request: RegistrationRequest, _scope: readonly ScopeProperty[], caller: Caller): Promise<Machine> {
    await this.#parts.authority.authorize('create-machine', caller);
    throw new MachineError('not-supported', 'no scope units are made yet');
  }

  async unregister(machine: Machine, caller: Caller): Promise<void> {
    await this.#parts.authority.authorize('unregister-machine', caller, machine);
    // systemd 262 says yes, and keeps the host.
    if (machine.name !== hostMachineName) this.#forget(machine.name);
  }

  async terminate(machine: Machine, caller: Caller): Promise<void> {
    await this.#parts.authority.authorize('terminate-machine', caller, machine);
    endMachine(machine, this.#leaderOf(machine));
  }

  async kill(machine: Machine, whom: KillWhom, signal: number, caller: Caller): Promise<void> {
    await this.#parts.authority.authorize('kill-machine', caller, machine);
    signalMachine(machine, this.#leaderOf(machine), whom, signal);
  }

  /** Lets go of everything; the machines and their state files stay for the next run. */
  close(): void {
    this.#leaders.close();
  }

  /** From here on the leader is the registry's, or nothing has changed. */
  #admit(request: RegistrationRequest, leader: Process, caller: Caller): Machine {
    const { registry, states } = this.#parts;
    const { name } = request;
    if (registry.get(name) !== undefined) {
      throw new MachineError('machine-exists', `there is a machine ${name} already`);
    }
    const { leader: _claim, ...described } = request;
    const supervisor = identifyCaller(caller, leader);
    const facts = this.#leaders.enter(name, leader);
    try {
      const machine: Machine = {
        ...described,
        ...readLeaderUnit(leader, this.#parts.uid),
        name,
        leader: identityOf(leader),
        ...(supervisor !== undefined && { supervisor }),
        owner: caller.uid,
        timestamp: currentTimestamp(),
        facts,
      };
      registry.add(machine);
      try {
        states.save(machine);
      } catch (error) {
        registry.remove(name);
        states.remove(machine);
        throw error;
      }
      return machine;
    } catch (error) {
      this.#leaders.leave(name);
      throw error;
    }
  }

  #forget(name: MachineName): void {
    this.#leaders.leave(name);
    this.#parts.states.remove(this.#parts.registry.remove(name));
  }

  /** Nobody is there to be told that its file could not be removed. */
  #ended(name: MachineName): void {
    try {
      this.#forget(name);
    } catch (error) {
      this.#parts.onProblem(new Error(`the state of machine ${name} cannot be removed`, { cause: error }));
    }
  }

  #leaderOf(machine: Machine): Process {
    const leader = this.#leaders.get(machine.name);
    if (leader === undefined) throw new MachineError('not-supported', `${machine.name} has no processes of its own`);
    return leader;
  }
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
