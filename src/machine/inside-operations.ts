import type { Machine } from './machine.ts';
import type { Caller } from './operations.ts';

/** A pseudo terminal (pty(7)) that was opened for a caller. */
export interface OpenedTerminal {
  /** Of its controlling side (ptmx), close-on-exec. The taker closes it. */
  readonly descriptor: number;
  /** Of its other side, as it is called inside the machine: `/dev/pts/3`. */
  readonly path: string;
}

/** A program that is to be run in a machine, on a terminal. */
export interface ShellRequest {
  /** By name or number, as the machine's own passwd(5) has it. Absent: root. */
  readonly user?: string;
  /** Absolute. Absent: that user's login shell. */
  readonly path?: string;
  /** From argv[0] on. Absent: the path alone. */
  readonly args?: readonly string[];
  /** `NAME=VALUE`. */
  readonly environment: readonly string[];
}

/** A file or directory of the host that is to be seen in a machine, too. */
export interface MountRequest {
  /** Absolute and normalized, on the host. */
  readonly source: string;
  /** Absolute and normalized, in the machine. */
  readonly destination: string;
  readonly readOnly: boolean;
  /** Makes the destination where it is missing. */
  readonly mkdir: boolean;
}

/** Files that are to be copied. Both paths are absolute and normalized, one on the host and one in the machine. */
export interface CopyRequest {
  readonly direction: 'from' | 'to';
  readonly source: string;
  readonly destination: string;
  /** Files that are there already are replaced. */
  readonly replace: boolean;
}

/** How far a copy has got. */
export interface CopyProgress {
  /** Of content, those in holes not counted. */
  readonly bytes: number;
  /** Of every kind. */
  readonly files: number;
}

/**
 * What is done inside of machines. Each checks that the caller may do it, then does it whole or throws a MachineError
 * and leaves nothing behind.
 */
export interface InsideOperations {
  openTerminal(machine: Machine, caller: Caller): Promise<OpenedTerminal>;
  /** With a login prompt on it. */
  openLogin(machine: Machine, caller: Caller): Promise<OpenedTerminal>;
  openShell(machine: Machine, request: ShellRequest, caller: Caller): Promise<OpenedTerminal>;
  /** As `MachineFiles.openRootDirectory`. */
  openRootDirectory(machine: Machine, caller: Caller): Promise<number>;
  bindMount(machine: Machine, request: MountRequest, caller: Caller): Promise<void>;
  /**
   * Ends early when the caller leaves.
   * @param onProgress told a few times a second
   */
  copy(
    machine: Machine,
    request: CopyRequest,
    caller: Caller,
    onProgress?: (progress: CopyProgress) => void,
  ): Promise<void>;
}
