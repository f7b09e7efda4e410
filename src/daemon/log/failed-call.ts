import { errnoName } from '../../linux/libc.ts';
import { describeError, type Log } from './log.ts';

/** An error of the system, as errno(3) has it: its number and its name. */
export interface ToldError {
  readonly errno: number;
  readonly name: string;
}

/**
 * Logs a call that failed by the system's fault or ours, and gives what its caller is told: the system's error, EIO
 * where there is none, and never a word of the message, which is for the log.
 */
export function failedCall(log: Log, method: string, error: unknown): ToldError {
  log.err('call failed', { method, error: describeError(error) });
  const { errno, code } = (error ?? {}) as { errno?: unknown; code?: unknown };
  if (typeof errno !== 'number' || errno === 0 || typeof code !== 'string') return { errno: 5, name: 'EIO' };
  const number = Math.abs(errno);
  if (/^E[A-Z0-9]+$/.test(code)) return { errno: number, name: code };
  // What libuv has no name for, EDQUOT above all.
  return code.startsWith('Unknown system error')
    ? { errno: number, name: errnoName(number) }
    : { errno: 5, name: 'EIO' };
}
