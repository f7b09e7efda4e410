import type { Address } from './address.ts';
import type { Machine, RegisteredClass } from './machine.ts';
import type { MachineName } from './machine-name.ts';

/** Who asks: the credentials of a connection, as the kernel gives them. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  /** A new pidfd of the caller, which the taker closes; throws where the kernel has none. */
  openPidfd(): number;
  /** True when the caller agrees to be asked for a password (polkit). */
  readonly interactive: boolean;
  /** Aborted when the caller will not hear the answer any more, where the transport can tell. */
  readonly left?: AbortSignal | undefined;
  /** Its unique name on the system bus, as in `:1.42`, when it asks over D-Bus. */
  readonly busName?: string;
}

/** Who waits for something to be done. */
export type WaitingCaller = Pick<Caller, 'uid' | 'left'>;

/** A process as a request names it; every field that is given must match the same process. */
export interface ProcessClaim {
  readonly pid: number;
  readonly pidfdId?: number;
  /** Boot id, 32 hexadecimal digits. */
  readonly bootId?: string;
}

/** What a registration asks for: each field as its rule lets it through (registration-rules.ts), the leader unseen. */
export interface RegistrationRequest {
  readonly name: MachineName;
  readonly id?: string;
  readonly service?: string;
  readonly class: RegisteredClass;
  /** Absent: the caller itself. */
  readonly leader?: ProcessClaim;
  readonly rootDirectory?: string;
  readonly interfaces: readonly number[];
  readonly vsockCid?: number;
  readonly sshAddress?: string;
  readonly sshPrivateKeyPath?: string;
  readonly controlAddress?: string;
}

/**
 * A property for a machine's scope unit (org.freedesktop.systemd1(5), systemd.resource-control(5)), passed on to the
 * service manager unread: its name and a D-Bus value with its type.
 */
export type ScopeProperty = readonly [name: string, value: { readonly signature: string; readonly value: unknown }];

/** Which processes of a machine a signal goes to. */
export type KillWhom = 'leader' | 'supervisor' | 'all';

/**
 * What changes the registry. Each checks that the caller may do it, then does it whole or throws a MachineError and
 * has changed nothing.
 */
export interface MachineOperations {
  /**
   * Adds a machine, in the unit that its leader is in.
   * @param onKept may be called as soon as nothing can fail any more and a restart would not lose the machine. What is
   * left to be done, as reading its addresses, is done when it returns, before anything else: so the caller can be
   * answered here, and whoever asks after the answer finds all of the machine.
   */
  register(request: RegistrationRequest, caller: Caller, onKept?: () => void): Promise<Machine>;
  /**
   * Adds a machine, and moves its leader into a scope unit that is made for it. Where there is no systemd to make one
   * the machine has none.
   * @throws MachineError `unit-failed` besides what `register` throws
   */
  create(request: RegistrationRequest, scope: readonly ScopeProperty[], caller: Caller): Promise<Machine>;
  unregister(machine: Machine, caller: Caller): Promise<void>;
  /** Ends the machine's processes. */
  terminate(machine: Machine, caller: Caller): Promise<void>;
  kill(machine: Machine, whom: KillWhom, signal: number, caller: Caller): Promise<void>;
}

/** The files of machines. */
export interface MachineFiles {
  /**
   * A descriptor of the machine's root directory that can be read from (no O_PATH), which the taker closes.
   * @throws MachineError `not-supported`: the machine has no files that can be seen from here
   */
  openRootDirectory(machine: Machine): Promise<number>;
}

/** Which machine a process belongs to. */
export interface ProcessFinder {
  /**
   * The machine whose leader the process is, or that has the unit to itself that the process is in. The number is
   * looked at as it is now; only the boot id is compared, as systemd 262 does.
   * @throws MachineError `invalid-parameter` for a claim that no process can meet.
   */
  machineOf(claim: ProcessClaim): Machine | undefined;
  /**
   * The process that a pidfd stands for, whose descriptor stays the asker's and open while the claim is used.
   * @throws MachineError `invalid-parameter`: it is no pidfd, or the process has ended or cannot be seen from here
   */
  claimOf(pidfd: number): ProcessClaim;
}

/** What a machine tells of itself, which is only looked at when somebody asks. */
export interface MachineMetadata {
  /**
   * The addresses of the host itself, which are those of the machine `.host`. Unfiltered, in the kernel's order. The
   * same list means the same addresses.
   */
  hostAddresses(): readonly Address[];
  /**
   * The fields of its os-release(5), unquoted, as `KEY=VALUE`, in the order of the file.
   * @param reader who asks, whatever it is told from others by. Of one who asks for all machines in the order of the
   * registry the next ones may be read already: it is told what was read a fifth of a second ago at most. Without it the
   * file is read anew.
   * @throws MachineError `no-os-release-information`, `not-available` (it is a VM, or does not answer in time).
   */
  osRelease(machine: Machine, reader?: unknown): Promise<readonly string[]>;
  /**
   * Has facts that the kernel does not tell of by itself read again, after the present answer: addresses
   * where they are not live, at most once a second, and that a leader went into another user or network namespace, at
   * most every ten.
   */
  refresh(machine: Machine): void;
}
