import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** True as root, with a reason printed otherwise: what follows needs privileges that only root has. */
export const isRoot: boolean = process.getuid?.() === 0;
if (!isRoot) console.log('skipped: tests that need root');

/** Starts a program that lives until it is killed, by default `sleep`. */
export function startProcess(
  command = 'sleep',
  parameters: string[] = ['1000'],
  options = {},
): ChildProcess & { pid: number } {
  const child = spawn(command, parameters, { stdio: 'ignore', ...options });
  if (child.pid === undefined) throw new Error(`cannot start ${command}`);
  return child as ChildProcess & { pid: number };
}

/** Kills a child and waits until it has been reaped. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Waits until a process runs the named program, as after exec in `unshare`. */
export async function untilRuns(pid: number, command: string): Promise<void> {
  for (let turns = 0; turns < 200; turns++) {
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === command) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`process ${pid} does not run ${command}`);
}
