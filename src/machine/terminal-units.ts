import type { ShellRequest } from './inside-operations.ts';
import type { Machine } from './machine.ts';

/** A terminal of a machine. */
export interface NumberedTerminal {
  /** 3 is /dev/pts/3. */
  readonly number: number;
  /** A new descriptor of its other side, which the taker closes; throws when it has been hung up. */
  openPeer(): number;
}

/**
 * What a machine's own service manager starts on a terminal of the machine, which must be there already. It is started
 * when the manager has taken it on; what becomes of it shows on the terminal.
 *
 * @throws MachineError `no-ipc` where no manager can be reached in the machine, `permission-denied`, `timed-out`,
 * `no-such-process`, `unit-failed` and SystemFailure where the manager refuses (`cause`: its own error)
 */
export interface TerminalUnits {
  /** A login prompt, and another one after each login. */
  startLogin(machine: Machine, terminal: NumberedTerminal): Promise<void>;
  startShell(machine: Machine, terminal: NumberedTerminal, request: ShellRequest): Promise<void>;
}
