import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** When a process started, in clock ticks since boot (proc_pid_stat(5) field 22): with its PID, who it is. */
export function startTime(pid: number): string {
  return statFields(pid)[19] as string;
}

/** True while the process with this PID and start time runs; a zombie does not. */
export function isAlive(pid: number, started: string): boolean {
  try {
    const fields = statFields(pid);
    return fields[0] !== 'Z' && fields[0] !== 'X' && fields[19] === started;
  } catch {
    return false;
  }
}

/** Runs a program in the network namespace of a process and gives its output; its error text is in the exception. */
export async function runIn(pid: number, command: string, parameters: readonly string[]): Promise<string> {
  const { stdout } = await run('nsenter', ['-t', `${pid}`, '-n', '--', command, ...parameters], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

// The second field is the command name in parentheses, which may hold anything.
function statFields(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
