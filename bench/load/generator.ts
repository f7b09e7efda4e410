import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile } from '../compile.ts';
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

/** What a load generator speaks; `varlink-once` is Varlink with a new connection for each call. */
export type ProtocolName = 'varlink' | 'varlink-once' | 'dbus';

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
  return compile(nativeProgram, nativeSources(projectRoot));
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
