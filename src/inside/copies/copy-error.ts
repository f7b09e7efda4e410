import { constants } from 'node:os';
import { errnoName, errnoText } from '../../linux/libc.ts';
import type { JobFailure } from '../job-program.ts';

type ErrorName = keyof typeof constants.errno;

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
  const errno = errnoOf(error);
  return error instanceof CopyError || errno === undefined ? error : new CopyError(errno, file, { cause: error });
}

/** What is told of an error; what is none of the system is a fault of ours, EIO. */
export function failureOf(error: unknown): JobFailure {
  const errno = errnoOf(error);
  if (errno === undefined) return { errno: constants.errno.EIO, errnoName: 'EIO', text: `internal error: ${error}` };
  return { errno, errnoName: errnoName(errno), text: error instanceof CopyError ? error.message : errnoText(errno) };
}

/** Whether a system call failed with one of these errors. */
export function failedWith(error: unknown, ...names: readonly ErrorName[]): boolean {
  const errno = errnoOf(error);
  return names.some((name) => constants.errno[name] === errno);
}

/** Errors of node:fs have it negative. */
function errnoOf(error: unknown): number | undefined {
  const { errno } = (error ?? {}) as { errno?: unknown };
  return typeof errno === 'number' && errno !== 0 ? Math.abs(errno) : undefined;
}
