import type { Machine, MachineClass } from './machine.ts';

/** Who asks: the credentials of a connection, as the kernel gives them. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  /** A new pidfd of the caller, which the taker closes; throws where the kernel has none. */
  openPidfd(): number;
  /** True when the caller agrees to be asked for a password (polkit). */
  readonly interactive: boolean;
}

/** A process as a request names it; every field that is given must match the same process. */
export interface ProcessClaim {
  readonly pid: number;
  readonly pidfdId?: number;
  /** Boot id, 32 hexadecimal digits. */
  readonly bootId?: string;
}

/** What a registration asks for, unverified but for its types. */
export interface RegistrationRequest {
  readonly name: string;
  readonly id?: string;
  readonly service?: string;
  readonly class: MachineClass;
  /** Absent: the caller itself. */
  readonly leader?: ProcessClaim;
  readonly rootDirectory?: string;
  readonly interfaces: readonly number[];
  readonly vsockCid?: number;
  readonly sshAddress?: string;
  readonly sshPrivateKeyPath?: string;
  readonly controlAddress?: string;
}

/** Which processes of a machine a signal goes to. */
export type KillWhom = 'leader' | 'supervisor' | 'all';

/**
 * What changes the registry. Each checks that the caller may do it, then does it whole or throws a MachineError and
 * has changed nothing.
 */
export interface MachineOperations {
  register(request: RegistrationRequest, caller: Caller): Promise<Machine>;
  unregister(machine: Machine, caller: Caller): Promise<void>;
  /** Ends the machine's processes. */
  terminate(machine: Machine, caller: Caller): Promise<void>;
  kill(machine: Machine, whom: KillWhom, signal: number, caller: Caller): Promise<void>;
}
