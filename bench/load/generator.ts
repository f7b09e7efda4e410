import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LoadResult } from './load-result.ts';

/** A load generator: a program that is run once for every measurement. */
export interface Generator {
  /** What it is, for the reader of the results. */
  readonly name: string;
  readonly command: readonly string[];
}

/** One run, as in closed-loop.ts. */
export interface Run {
  readonly protocol: ProtocolName;
  readonly socket: string;
  readonly connections: number;
  readonly warmUp: number;
  readonly seconds: number;
  /** Calls as they go over the socket, one after the other. */
  readonly calls: string | Uint8Array;
}

/** What a load generator speaks. */
export type ProtocolName = 'varlink' | 'dbus';

/** The generator that is always there. */
export const scriptGenerator: Generator = {
  name: 'TypeScript',
  command: [process.execPath, fileURLToPath(new URL('./main.js', import.meta.url))],
};

/** The generator in C, if it has been built. */
export function nativeGenerator(): Generator | undefined {
  return statSync(nativeProgram, { throwIfNoEntry: false }) && { name: 'C', command: [nativeProgram] };
}

/** Builds the generator in C, where there is a compiler; false where there is none. */
export function buildNativeGenerator(projectRoot: string): boolean {
  rmSync(nativeProgram, { force: true });
  mkdirSync(fileURLToPath(new URL('.', import.meta.url)), { recursive: true });
  try {
    execFileSync('cc', ['-O2', '-o', nativeProgram, ...nativeSources(projectRoot)], { stdio: 'pipe' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** The files that the generator in C is made of. */
export function nativeSources(projectRoot: string): string[] {
  return ['load.c', 'varlink.c', 'dbus.c'].map((file) => `${projectRoot}/bench/load/${file}`);
}

/** Runs a generator and gives what it has counted. Throws its message when it fails. */
export function generate({ name, command }: Generator, run: Run): Promise<LoadResult> {
  const [program = '', ...parameters] = command;
  const { protocol, socket, connections, warmUp, seconds } = run;
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      [...parameters, protocol, socket, `${connections}`, `${warmUp}`, `${seconds}`],
      (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout) as LoadResult);
        else reject(new Error(`the ${name} load generator failed: ${stderr.trim() || error.message}`));
      },
    );
    // It may end before it has read all: what counts is its status.
    child.stdin?.on('error', () => {});
    child.stdin?.end(run.calls);
  });
}

const nativeProgram = fileURLToPath(new URL('./load', import.meta.url));
