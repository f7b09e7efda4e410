import type { Machine } from '../../../machine/machine.ts';

/**
 * A question to a root process (program.ts): what a machine's os-release(5) says, what its hostname(5) says, which
 * numbers its passwd(5) and group(5) name, a descriptor of its root, or a new pseudo terminal of its devpts.
 */
export interface RootQuestion {
  readonly wanted: 'os-release' | 'host-name' | 'accounts' | 'root-directory' | 'terminal';
  readonly machine: Pick<Machine, 'class' | 'leader'>;
}

/** Its answer. A root process is asked several questions in one line, and answers each in a line of its own. */
export type RootAnswer =
  /** `KEY=VALUE`; absent where there is no such file. */
  | { readonly fields?: readonly string[] }
  /** There is such a file, and it is no text: the error that systemd 262 answers. */
  | { readonly unreadable: 'EBADMSG' | 'EINVAL' }
  /** Empty where there is no such file, or nothing in it. */
  | { readonly hostName: string }
  /** None of a file that is not there, cannot be read or is too long. */
  | { readonly users: readonly number[]; readonly groups: readonly number[] }
  | PassedAnswer
  /** The symbolic error number, as in `ESRCH`. */
  | { readonly failure: string };

/** A descriptor of the root directory, or of a terminal's controlling side, has come with it. */
export interface PassedAnswer {
  readonly passed: true;
  /** Which terminal it is. */
  readonly terminal?: number;
}
