import { constants } from 'node:os';
import { type ErrorName, errorNumber } from '../../linux/error-number.ts';
import { errnoName, errnoText } from '../../linux/libc.ts';
import { shownText } from '../../programs/job-program.ts';
import type { ChangeFailure } from './job.ts';

/** What is wrong with a change, and with what. */
export class ChangeError extends Error {
  /** Positive, as errno(3) has it. */
  readonly errno: number;

  /** @param subject what it is about: a name, a path, or a few words */
  constructor(error: number | ErrorName, subject?: string, options?: ErrorOptions) {
    const errno = typeof error === 'number' ? error : constants.errno[error];
    super(subject === undefined ? errnoText(errno) : `${errnoText(errno)}: ${subject}`, options);
    this.name = 'ChangeError';
    this.errno = errno;
  }
}

/** There is no way to do it here. */
export class UnsupportedChange extends ChangeError {
  constructor(reason: string) {
    super('EOPNOTSUPP', reason);
    this.message = reason;
  }
}

/** The same error, about something if it does not say yet about what. */
export function about(subject: string, error: unknown): unknown {
  const errno = errorNumber(error);
  return error instanceof ChangeError || errno === undefined
    ? error
    : new ChangeError(errno, subject, { cause: error });
}

/** What is told of an error; what is none of the system is a fault of ours, EIO. */
export function failureOf(error: unknown): ChangeFailure {
  const errno = errorNumber(error);
  if (errno === undefined) return { errno: constants.errno.EIO, errnoName: 'EIO', text: `internal error: ${error}` };
  // What copies a tree has errors of its own, which say of which file.
  const tells = error instanceof Error && error.message.startsWith(errnoText(errno));
  const text = error instanceof ChangeError || tells ? shownText((error as Error).message) : errnoText(errno);
  const notSupported = error instanceof UnsupportedChange;
  // Of the two names of this number systemd tells the other.
  const name = errnoName(errno) === 'ENOTSUP' ? 'EOPNOTSUPP' : errnoName(errno);
  return { errno, errnoName: name, text, ...(notSupported && { notSupported }) };
}
