import { closeDescriptors } from '../../linux/descriptor-passing.ts';
import { Process } from '../../linux/process.ts';
import { forbidTracing } from '../../linux/process-attributes.ts';
import { rememberTerminalPeer } from '../../linux/pseudo-terminal.ts';
import { waitForChild } from '../../linux/wait.ts';
import { hear, say } from '../../programs/standard-input.ts';
import { NO_SUCH_USER } from './account-files.ts';
import type { CopyOutcome } from './act-in-copy.ts';
import { connectInside } from './connect.ts';
import type { EnterAnswer, EnterEnd, EnterRequest, ShellStart } from './request.ts';
import { waitAndStartAgain } from './start-again.ts';
import { startShell } from './start-shell.ts';

/**
 * The program of a process of its own, which joins a machine's namespaces, does one thing and ends. It is asked, and
 * answers, through the socket that is its standard input. Nothing here is asynchronous: what enters a machine is a copy
 * of this process (fork.ts), and has no event loop.
 */

/** Milliseconds. Whoever asks waits longer. */
const PATIENCE = 5000;

interface Outcome {
  readonly answer: EnterAnswer;
  readonly descriptors?: readonly number[];
  /** A process that is still to end. */
  readonly pid?: number;
  /** What is to be started again when it has. */
  readonly again?: { readonly start: ShellStart; readonly terminal: number };
}

forbidTracing();
const { answer, descriptors, pid, again } = handle();
tell(answer, descriptors);
if (pid !== undefined) {
  // One that is stuck counts as long as it is not gone, and so does this.
  const end = again ? waitAndStartAgain(pid, again.start, again.terminal, PATIENCE) : waitForChild(pid);
  tell({ ended: 'status' in end ? end.status : 128 + end.signal });
}

function tell(message: EnterAnswer | EnterEnd, passed?: readonly number[]): void {
  say(JSON.stringify(message), passed);
}

function handle(): Outcome {
  const passed: number[] = [];
  let leader: Process | undefined;
  try {
    const line = hear(passed);
    if (line === undefined) throw new Error('nobody asks');
    const request = JSON.parse(line) as EnterRequest;
    leader = Process.openSame(request.leader);
    if (request.kind === 'connect') {
      const { outcome, socket } = connectInside(leader, request.path, PATIENCE);
      return describe(outcome, leader.alive(), socket);
    }
    const terminal = passed[0] as number;
    const again = request.again && { start: request, terminal: rememberTerminalPeer(terminal) };
    const outcome = startShell(leader, request, terminal, PATIENCE);
    return { ...describe(outcome, leader.alive(), undefined), ...(outcome.kind === 'started' && again && { again }) };
  } catch (error) {
    const { code, errno = 5, syscall = String(error) } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return { answer: { gone: true } };
    return { answer: { failed: syscall, errno: Math.abs(errno) } };
  } finally {
    leader?.close();
    // A terminal that nobody here has any more is hung up when the program in the machine ends.
    closeDescriptors(passed);
  }
}

function describe(outcome: CopyOutcome, alive: boolean, socket: number | undefined): Outcome {
  if (outcome.kind === 'started') return { answer: { done: 'started' }, pid: outcome.pid };
  if (outcome.kind === 'late') return { answer: { late: true }, pid: outcome.pid };
  if (!alive) return { answer: { gone: true } };
  if (outcome.kind === 'done') return { answer: { done: 'connected' }, descriptors: [socket as number] };
  if (outcome.call === NO_SUCH_USER) return { answer: { noUser: true } };
  return { answer: { failed: outcome.call, errno: outcome.errno } };
}
