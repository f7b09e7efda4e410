import { describeError, type Log } from './log.ts';

/** An error of the system, as errno(3) has it: its number and its name. */
export interface SystemFailure {
  readonly errno: number;
  readonly name: string;
}

/**
 * Logs a call that failed by the system's fault or ours, and gives what its caller is told: the system's error, EIO
 * where there is none, and never a word of the message, which is for the log.
 */
export function failedCall(log: Log, method: string, error: unknown): SystemFailure {
  log.err('call failed', { method, error: describeError(error) });
  const { errno, code } = (error ?? {}) as { errno?: unknown; code?: unknown };
  const known = typeof errno === 'number' && errno !== 0 && typeof code === 'string' && /^E[A-Z0-9]+$/.test(code);
  return known ? { errno: Math.abs(errno), name: code } : { errno: 5, name: 'EIO' };
}
