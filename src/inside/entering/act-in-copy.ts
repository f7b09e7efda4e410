import { closeSync, readSync, writeSync } from 'node:fs';
import { closeAllBut } from '../../linux/close-range.ts';
import { forkProcess, openMemoryMap } from '../../linux/fork.ts';
import type { SystemError } from '../../linux/libc.ts';
import { openPipe, waitReadable } from '../../linux/pipe.ts';
import { endWithParent } from '../../linux/process-attributes.ts';
import { leadProcessGroup } from '../../linux/session.ts';
import { waitForChild } from '../../linux/wait.ts';

/** What a copy of this process did. */
export type CopyOutcome =
  | { readonly kind: 'done' }
  /** The other program runs; `pid` ends when that does, with its status, 128 and the signal where one ended it. */
  | { readonly kind: 'started'; readonly pid: number }
  /** `errno` is positive. */
  | { readonly kind: 'failed'; readonly call: string; readonly errno: number }
  /** It has been killed, but may be stuck in a file system that does not answer: `pid` is still to be waited for. */
  | { readonly kind: 'late'; readonly pid: number };

/** How a copy is made. */
export interface CopyOptions {
  /** Its only descriptors. */
  readonly kept: readonly number[];
  /** Milliseconds. */
  readonly patience: number;
}

/**
 * Has a copy of this process (fork.ts) do something, and waits for it. The copy ends with this process.
 * @param act throws the SystemError of what fails
 */
export function actInCopy(act: () => void, options: CopyOptions): CopyOutcome {
  return tryUntilLucky(options, 'done', (output) => {
    tell(output, act);
    writeSync(output, DONE);
    return 0;
  });
}

/**
 * Has a copy of this process prepare, and then make a copy of itself that becomes another program: what is for children
 * only, as a PID namespace, is the program's. The first copy waits for it, and ends with this process; the second
 * ends with the first, which is for `become` to change.
 * @param prepare @param become throw the SystemError of what fails; the second does not come back, and says that it is
 * about to become the program
 */
export function startFromCopy(
  prepare: () => void,
  become: (starting: () => void) => never,
  options: CopyOptions,
): CopyOutcome {
  return tryUntilLucky(options, 'started', (output) => {
    const memoryMap = openMemoryMap();
    tell(output, prepare);
    const pid = forkProcess(() => {
      tell(output, () => {
        // Whoever is root in the machine can stop it from here on.
        endWithParent();
        closeSync(memoryMap);
        become(() => writeSync(output, STARTING));
      });
      return 1;
    }, memoryMap);
    closeAllBut([]);
    const end = waitForChild(pid);
    return 'status' in end ? end.status : 128 + end.signal;
  });
}

function tryUntilLucky(
  options: CopyOptions,
  success: 'done' | 'started',
  run: (output: number) => number,
): CopyOutcome {
  const deadline = performance.now() + options.patience;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const outcome = runCopy(options.kept, deadline, success, run);
    if (outcome !== undefined) return outcome;
  }
  // Each died of what fork.ts tells of.
  return { kind: 'failed', call: 'fork', errno: EIO };
}

/** @returns undefined when it died before it could say anything, or what was said is nothing that it says */
function runCopy(
  kept: readonly number[],
  deadline: number,
  success: 'done' | 'started',
  run: (output: number) => number,
): CopyOutcome | undefined {
  const [input, output] = openPipe();
  const parent = process.pid;
  try {
    let pid: number;
    try {
      pid = forkProcess(() => {
        // Both do it, so that it is so for both whoever comes first. A second copy that stayed in the group of this
        // process would have the kernel hang all of that up: when it ends, and another one of it has been stopped.
        leadProcessGroup(0);
        endWithParent(parent);
        closeAllBut([...kept, output]);
        return run(output);
      });
      leadProcessGroup(pid);
    } finally {
      closeSync(output);
    }
    const text = readToEnd(input, deadline);
    if (text === undefined) {
      // With a second copy that was stopped before it could say with whom it ends.
      process.kill(-pid, 'SIGKILL');
      return { kind: 'late', pid };
    }
    // A program that runs has closed its end, and so has who waits for it.
    if (success === 'started' && text === STARTING) return { kind: 'started', pid };
    waitForChild(pid);
    if (success === 'done' && text === DONE) return { kind: 'done' };
    return readFailure(text);
  } finally {
    closeSync(input);
  }
}

/** @returns undefined when the end does not come in time */
function readToEnd(input: number, deadline: number): string | undefined {
  const bytes = Buffer.alloc(4096);
  for (let length = 0; ; ) {
    if (waitReadable([input], Math.max(0, deadline - performance.now())).length === 0) return undefined;
    const count = readSync(input, bytes, length, bytes.length - length, null);
    if (count === 0) return bytes.toString('utf8', 0, length);
    length += count;
  }
}

/** Who may trace a second copy, as a machine's root with the host's users, can have it say anything. */
function readFailure(text: string): CopyOutcome | undefined {
  const told = text.split('\n').find((line) => line.startsWith('{'));
  try {
    const { kind, call, errno } = JSON.parse(told ?? '{}') as Record<string, unknown>;
    if (kind !== 'failed' || typeof call !== 'string' || !isErrorNumber(errno)) return undefined;
    return { kind, call: call.slice(0, MAXIMUM_CALL).replaceAll(/[^ -~]/g, '?'), errno };
  } catch {
    return undefined;
  }
}

/** As errno(3); Linux has none above 4095. */
function isErrorNumber(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 4096;
}

/** In a copy: does a part of it, and where that fails says so and ends. */
function tell(output: number, act: () => void): void {
  try {
    act();
  } catch (error) {
    const { errno = EIO, syscall = String(error) } = error as Partial<SystemError>;
    // Those of node:fs are negative.
    const outcome: CopyOutcome = { kind: 'failed', call: syscall.slice(0, MAXIMUM_CALL), errno: Math.abs(errno) };
    writeSync(output, `${JSON.stringify(outcome)}\n`);
    throw error;
  }
}

const DONE = 'done\n';
const STARTING = 'starting\n';
const ATTEMPTS = 3;
/** Characters. */
const MAXIMUM_CALL = 200;
const EIO = 5;
