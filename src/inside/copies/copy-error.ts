import { constants } from 'node:os';
import { type ErrorName, errorNumber } from '../../linux/error-number.ts';
import { errnoName, errnoText } from '../../linux/libc.ts';
import { type JobFailure, shownText } from '../../programs/job-program.ts';

/** What is wrong with a copy, and with which file. */
export class CopyError extends Error {
  /** Positive, as errno(3) has it. */
  readonly errno: number;

  /** @param file its path below the source or destination, if it is known */
  constructor(error: number | ErrorName, file?: string, options?: ErrorOptions) {
    const errno = typeof error === 'number' ? error : constants.errno[error];
    super(file === undefined ? errnoText(errno) : `${errnoText(errno)}: ${file}`, options);
    this.name = 'CopyError';
    this.errno = errno;
  }
}

/** The same error, about a file if it does not say yet about which. */
export function about(file: string, error: unknown): unknown {
  const errno = errorNumber(error);
  return error instanceof CopyError || errno === undefined ? error : new CopyError(errno, file, { cause: error });
}

/** What is told of an error; what is none of the system is a fault of ours, EIO. */
export function failureOf(error: unknown): JobFailure {
  const errno = errorNumber(error);
  if (errno === undefined) return { errno: constants.errno.EIO, errnoName: 'EIO', text: `internal error: ${error}` };
  return {
    errno,
    errnoName: errnoName(errno),
    text: error instanceof CopyError ? shownText(error.message) : errnoText(errno),
  };
}
