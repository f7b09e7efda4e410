import type { CopyProgress, CopyRequest } from '../../machine/inside-operations.ts';
import type { Machine } from '../../machine/machine.ts';

/** What a copying process is to do (program.ts): one line of JSON, the first on its standard input. */
export interface CopyJob extends CopyRequest {
  readonly leader: Machine['leader'];
  /** How owners change on the way; absent where the machine has the ids of the host. */
  readonly idMaps?: { readonly users: Machine['facts']['uidMap']; readonly groups: Machine['facts']['gidMap'] };
}

/** Why a copy came to nothing. */
export interface CopyFailure {
  /** Positive, as errno(3) has it, and its name. */
  readonly errno: number;
  readonly errnoName: string;
  /** In the words of strerror(3), and of which file, as far as it is known: `No space left on device: /srv/x`. */
  readonly text: string;
}

/** What it tells, a line of JSON each, on its standard output. The last one is `done` or a failure. */
export type CopyReport = { readonly progress: CopyProgress } | { readonly done: CopyProgress } | CopyFailure;
