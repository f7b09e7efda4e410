import type { CopyProgress, CopyRequest } from '../../machine/inside-operations.ts';
import type { Machine } from '../../machine/machine.ts';
import type { JobFailure } from '../../programs/job-program.ts';

/** What a copying process is to do (program.ts): one line of JSON, the first on its standard input. */
export interface CopyJob extends CopyRequest {
  readonly leader: Machine['leader'];
  /** How owners change on the way; absent where the machine has the ids of the host. */
  readonly idMaps?: { readonly users: Machine['facts']['uidMap']; readonly groups: Machine['facts']['gidMap'] };
}

/** What it tells, a line of JSON each, on its standard output. The last one is `done` or a failure. */
export type CopyReport = { readonly progress: CopyProgress } | { readonly done: CopyProgress } | JobFailure;
