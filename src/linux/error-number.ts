import { constants } from 'node:os';

/** As in errno(3), those that node:os knows. */
export type ErrorName = keyof typeof constants.errno;

/**
 * The number of a failed system call's error, positive, as errno(3) has it; undefined for an error of another kind.
 * Those of node:fs have it negative.
 */
export function errorNumber(error: unknown): number | undefined {
  const { errno } = (error ?? {}) as { errno?: unknown };
  return typeof errno === 'number' && errno !== 0 ? Math.abs(errno) : undefined;
}

/** Whether a system call failed with one of these errors. */
export function failedWith(error: unknown, ...names: readonly ErrorName[]): boolean {
  const errno = errorNumber(error);
  return names.some((name) => constants.errno[name] === errno);
}
