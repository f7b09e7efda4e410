import type { ProcessIdentity } from '../../machine/machine.ts';

/** What an entering process (program.ts) is to do, in one machine. It comes as JSON with a newline after it. */
export type EnterRequest = ConnectRequest | ShellStart;

/** A connection to a stream socket inside, made by root of the machine's user namespace. */
export interface ConnectRequest {
  readonly kind: 'connect';
  readonly leader: ProcessIdentity;
  /** Absolute, in the machine. */
  readonly path: string;
}

/** A program on a terminal. One descriptor comes with it: the side of the terminal that the program is to have. */
export interface ShellStart {
  readonly kind: 'shell';
  readonly leader: ProcessIdentity;
  /** By name or number. Absent: root. */
  readonly user?: string;
  /** Absolute. Absent: the user's login shell, as for a login. */
  readonly path?: string;
  /** From argv[0] on. Absent: the path alone. */
  readonly args?: readonly string[];
  /** `NAME=VALUE`. */
  readonly environment: readonly string[];
  /** Whether it is started again each time that it has ended, for as long as somebody has the terminal. */
  readonly again?: boolean;
}

/** What came of it, as JSON with a newline after it. */
export type EnterAnswer =
  /** One descriptor comes with it: the connected socket. */
  | { readonly done: 'connected' }
  /** The program runs. {@link EnterEnd} follows when it has ended. */
  | { readonly done: 'started' }
  /** The leader has ended, or is another process by now. */
  | { readonly gone: true }
  /** The machine has no such user. */
  | { readonly noUser: true }
  /** It did not end in time. */
  | { readonly late: true }
  /** A system call failed: which, and why, as errno(3) has it. */
  | { readonly failed: string; readonly errno: number };

/** The program that was started has ended: with a status, or 128 and the signal that ended it. */
export interface EnterEnd {
  readonly ended: number;
}
