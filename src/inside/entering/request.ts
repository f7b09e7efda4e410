import type { ProcessIdentity } from '../../machine/machine.ts';

/** What an entering process (program.ts) is to do, in one machine. It comes as JSON with a newline after it. */
export type EnterRequest = ConnectRequest;

/** A connection to a stream socket inside, made by root of the machine's user namespace. */
export interface ConnectRequest {
  readonly kind: 'connect';
  readonly leader: ProcessIdentity;
  /** Absolute, in the machine. */
  readonly path: string;
}

/** What came of it, as JSON with a newline after it. */
export type EnterAnswer =
  /** One descriptor comes with it: the connected socket. */
  | { readonly done: 'connected' }
  /** The leader has ended, or is another process by now. */
  | { readonly gone: true }
  /** It did not end in time. */
  | { readonly late: true }
  /** A system call failed: which, and why, as errno(3) has it. */
  | { readonly failed: string; readonly errno: number };
