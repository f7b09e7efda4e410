import type { Machine } from '../../../machine/machine.ts';

/**
 * A question to a root process (program.ts): what a machine's os-release(5) says, what its hostname(5) says, or a
 * descriptor of its root.
 */
export interface RootQuestion {
  readonly wanted: 'os-release' | 'host-name' | 'root-directory';
  readonly machine: Pick<Machine, 'class' | 'leader'>;
}

/** Its answer. */
export type RootAnswer =
  /** `KEY=VALUE`; absent where there is no such file. */
  | { readonly fields?: readonly string[] }
  /** Empty where there is no such file, or nothing in it. */
  | { readonly hostName: string }
  /** The number that the descriptor has in the root process, which keeps it open until it hears {@link Taken}. */
  | { readonly descriptor: number }
  /** The symbolic error number, as in `ESRCH`. */
  | { readonly failure: string };

/** The descriptor of an answer has been taken out of the root process, or could not be. */
export interface Taken {
  readonly taken: number;
}
