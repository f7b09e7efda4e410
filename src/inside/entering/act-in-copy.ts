import { closeSync, readSync, writeSync } from 'node:fs';
import { closeAllBut } from '../../linux/close-range.ts';
import { forkProcess, waitForChild } from '../../linux/fork.ts';
import type { SystemError } from '../../linux/libc.ts';
import { openPipe, waitReadable } from '../../linux/pipe.ts';
import { endWithParent } from '../../linux/process-attributes.ts';

/** What a copy of this process did. */
export type CopyOutcome =
  | { readonly kind: 'done' }
  /** `errno` is positive. */
  | { readonly kind: 'failed'; readonly call: string; readonly errno: number }
  /** It has been killed, but may be stuck in a file system that does not answer: `pid` is still to be waited for. */
  | { readonly kind: 'late'; readonly pid: number };

/**
 * Has a copy of this process (fork.ts) do something, and waits for it. The copy has no descriptor but those that it is
 * told to keep, and ends with this process.
 * @param act throws the SystemError of what fails
 * @param patience milliseconds
 */
export function actInCopy(act: () => void, kept: readonly number[], patience: number): CopyOutcome {
  const deadline = performance.now() + patience;
  for (let attempt = 1; ; attempt++) {
    const outcome = tryInCopy(act, kept, deadline - performance.now());
    if (outcome !== undefined) return outcome;
    // It was unlucky, as fork.ts tells.
    if (attempt === ATTEMPTS) return { kind: 'failed', call: 'fork', errno: EIO };
  }
}

/** @returns undefined when the copy died of itself */
function tryInCopy(act: () => void, kept: readonly number[], patience: number): CopyOutcome | undefined {
  const [input, output] = openPipe();
  let pid: number;
  try {
    pid = forkProcess(() => {
      endWithParent();
      closeAllBut([...kept, output]);
      writeSync(output, attempt(act));
      return 0;
    });
  } catch (error) {
    closeSync(input);
    throw error;
  } finally {
    closeSync(output);
  }
  try {
    if (waitReadable([input], patience).length === 0) {
      process.kill(pid, 'SIGKILL');
      return { kind: 'late', pid };
    }
    const bytes = Buffer.alloc(1024);
    const text = bytes.toString('utf8', 0, readSync(input, bytes));
    waitForChild(pid);
    return text === '' ? undefined : (JSON.parse(text) as CopyOutcome);
  } finally {
    closeSync(input);
  }
}

/** In the copy: what it tells, in one piece. */
function attempt(act: () => void): string {
  let outcome: CopyOutcome = { kind: 'done' };
  try {
    act();
  } catch (error) {
    const { errno = EIO, syscall = String(error) } = error as Partial<SystemError>;
    // Those of node:fs are negative.
    outcome = { kind: 'failed', call: syscall.slice(0, 200), errno: Math.abs(errno) };
  }
  return JSON.stringify(outcome);
}

const ATTEMPTS = 3;
const EIO = 5;
