import { closeSync } from 'node:fs';
import { Process } from '../../linux/process.ts';
import { reopenTerminalPeer } from '../../linux/pseudo-terminal.ts';
import { type ProcessEnd, waitForChild } from '../../linux/wait.ts';
import type { ShellStart } from './request.ts';
import { startShell } from './start-shell.ts';

/**
 * Waits for the end of a program that runs on a terminal, and starts it again each time, a second after its start at the
 * earliest, and later each time that it has ended soon: until nobody has the terminal any more, the machine has ended, or the program cannot be started.
 * @param pid of the first, as in CopyOutcome @param terminal as of rememberTerminalPeer, closed here
 * @param patience milliseconds until it runs
 * @returns how the last has ended
 */
export function waitAndStartAgain(pid: number, start: ShellStart, terminal: number, patience: number): ProcessEnd {
  try {
    for (let current = pid, interval = SHORTEST; ; ) {
      const since = performance.now();
      const end = waitForChild(current);
      const lasted = performance.now() - since;
      pause(interval - lasted);
      interval = nextInterval(interval, lasted);
      const next = startOnce(start, terminal, patience);
      if (next === undefined) return end;
      current = next;
    }
  } finally {
    closeSync(terminal);
  }
}

/**
 * Milliseconds from one start to the next, after one that lasted so long: the machine says what the program is, which may
 * do nothing but end, and each start takes some ten milliseconds of the host's processor.
 */
export function nextInterval(interval: number, lasted: number): number {
  return lasted < LONGEST ? Math.min(2 * interval, LONGEST) : SHORTEST;
}

function startOnce(start: ShellStart, terminal: number, patience: number): number | undefined {
  const peer = reopenTerminalPeer(terminal);
  if (peer === undefined) return undefined;
  let leader: Process | undefined;
  try {
    leader = Process.openSame(start.leader);
    const outcome = startShell(leader, start, peer, patience);
    if (outcome.kind === 'started') return outcome.pid;
    // It has been killed. As long as it is stuck this counts, too.
    if (outcome.kind === 'late') waitForChild(outcome.pid);
    return undefined;
  } catch {
    // The machine has ended, or is about to.
    return undefined;
  } finally {
    leader?.close();
    closeSync(peer);
  }
}

/** There is nothing else to be done meanwhile. */
function pause(milliseconds: number): void {
  if (milliseconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

const SHORTEST = 1000;
const LONGEST = 10_000;
