import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { compile } from '../compile.ts';
import { withinControlGroup } from '../control-group.ts';
import { type BenchMachine, RANGE } from '../machines.ts';

/** The first host id of the first one's range, if it has one: above those of the `Fleet`. */
const FIRST = 0x2000_0000;
/** From one to the next. Between them are ids of nobody, so that those of one are the same for some and for all. */
const STRIDE: number = 2 * RANGE;
const program = fileURLToPath(new URL('./leaders', import.meta.url));

/** Builds the program that makes leaders (leaders.c); false where there is no compiler. */
export function buildLeaders(projectRoot: string): boolean {
  return compile(program, [`${projectRoot}/bench/leaders/leaders.c`]);
}

/** Whether there can be any. */
export function leadersAvailable(): boolean {
  return existsSync(program);
}

/** Processes that do nothing but lead machines. */
export interface Leaders {
  readonly machines: readonly BenchMachine[];
  /** Ends them. They end with this process anyway. */
  stop(): void;
}

/**
 * Starts as many as one likes: unlike a `Fleet`'s they have no network of their own, and a user namespace only
 * with `users`.
 * @param prefix of the machines' names, which end in their numbers
 */
export async function startLeaders(
  count: number,
  { prefix, users }: { readonly prefix: string; readonly users: boolean },
): Promise<Leaders> {
  const ids = users ? [`${FIRST}`, `${RANGE}`, `${STRIDE}`] : [];
  const child = withinControlGroup(prefix, () =>
    spawn(program, [`${count}`, ...ids], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const machines: BenchMachine[] = [];
  for await (const line of createInterface(child.stdout)) {
    const index = machines.length;
    machines.push({ name: `${prefix}${index}`, leader: Number(line), base: FIRST + index * STRIDE });
    if (machines.length === count) return { machines, stop: () => void child.kill() };
  }
  throw new Error(`only ${machines.length} of ${count} leaders have started`);
}
