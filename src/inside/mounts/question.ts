import type { MountRequest } from '../../machine/inside-operations.ts';
import type { ProcessIdentity } from '../../machine/machine.ts';

/** What a mount process (program.ts) is to do: one thing, and then it ends. */
export interface MountQuestion {
  readonly leader: ProcessIdentity;
  readonly request: MountRequest;
}

/** What came of it. */
export type MountAnswer =
  | { readonly done: true }
  /** The leader is no more. */
  | { readonly ended: true }
  | MountFailure;

/** An error of the system. */
export interface MountFailure {
  /** Positive, as errno(3) has it. */
  readonly errno: number;
  /** Its symbol, as in `ENOENT`, and what the C library says of it. */
  readonly code: string;
  readonly text: string;
}
