import type { Image } from '../../machine/images.ts';
import type { JobFailure } from '../../programs/job-program.ts';

/** An image, as a process that changes it has to know it. */
export type ChangedImage = Pick<Image, 'name' | 'path' | 'type'>;

/** What a process is to do (program.ts): one line of JSON on its standard input. Limits are bytes, in decimal. */
export type Change =
  | { readonly kind: 'clone'; readonly image: ChangedImage; readonly newName: string; readonly readOnly: boolean }
  | { readonly kind: 'rename'; readonly image: ChangedImage; readonly newName: string }
  /** One after another; those that are in use are left. */
  | { readonly kind: 'clean'; readonly images: readonly ChangedImage[] }
  | { readonly kind: 'remove'; readonly image: ChangedImage }
  | { readonly kind: 'mark-read-only'; readonly image: ChangedImage; readonly readOnly: boolean }
  | { readonly kind: 'set-limit'; readonly image: ChangedImage; readonly limit: string | null }
  | { readonly kind: 'set-pool-limit'; readonly limit: string | null }
  /** Takes away what processes left that were killed. */
  | { readonly kind: 'sweep' };

/** The same, and where the host's files are: absent, where PID 1 has them. */
export type ChangeJob = Change & { readonly root?: string };

/** Why a change came to nothing. */
export interface ChangeFailure extends JobFailure {
  /** It cannot be done here at all, as a limit where there is no account of what is used. */
  readonly notSupported?: boolean;
}

/** What it tells, a line of JSON each, on its standard output. The last one is `done` or a failure. */
export type ChangeReport = { readonly removed: string } | { readonly done: true } | ChangeFailure;
