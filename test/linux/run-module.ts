import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/** What a child process left behind; `status` is null when a signal ended it, which `signal` then names. */
export interface Outcome {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

const project = fileURLToPath(new URL('../..', import.meta.url));
let folder: string | undefined;

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/**
 * Runs JavaScript text as a module in a Node process of its own, for what cannot be seen from inside a test runner:
 * uncaught exceptions, exit, a process that ends by itself. `#src/...` and `#test/...` in it import files of this project.
 * A process still running after 10 s is killed, or after what `seconds` says.
 * @param descriptors the limit of open descriptors (RLIMIT_NOFILE, soft and hard) of the process
 * @param node options of Node
 */
export async function runModule(
  text: string,
  environment: NodeJS.ProcessEnv = {},
  descriptors?: number,
  { node = [], seconds = 10 }: { readonly node?: readonly string[]; readonly seconds?: number } = {},
): Promise<Outcome> {
  folder ??= await compile();
  const file = join(folder, `module-${Math.random().toString(36).slice(2)}.js`);
  writeFileSync(file, text.replaceAll(/'#((?:src|test)\/[^']*)\.ts'/g, "'./$1.js'"));
  if (descriptors === undefined) return run(process.execPath, [...node, file], environment, seconds);
  return run('prlimit', [`--nofile=${descriptors}:${descriptors}`, process.execPath, file], environment);
}

/** Node 20 runs no TypeScript, so the folder is compiled: into the project, where its imports of packages resolve. */
async function compile(): Promise<string> {
  mkdirSync(join(project, 'build'), { recursive: true });
  const output = mkdtempSync(join(project, 'build', 'test-linux-'));
  const configuration = join(output, 'tsconfig.json');
  const base = relative(dirname(configuration), join(project, 'tsconfig.json'));
  const compilerOptions = { noEmit: false, noCheck: true, rootDir: '../..', outDir: '.', sourceMap: false };
  const files = ['src/linux/*.ts', 'test/linux/*.ts', 'src/inside/entering/*.ts'].map((name) => `../../${name}`);
  writeFileSync(configuration, JSON.stringify({ extends: base, compilerOptions, include: files }));
  const { status, stdout } = await run(process.execPath, [
    join(project, 'node_modules/typescript/bin/tsc'),
    '-p',
    configuration,
  ]);
  if (status !== 0) throw new Error(`cannot compile: ${stdout}`);
  return output;
}

function run(
  command: string,
  parameters: string[],
  environment: NodeJS.ProcessEnv = {},
  seconds = 10,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = {
      env: { ...process.env, ...environment },
      timeout: seconds * 1000,
      killSignal: 'SIGKILL' as const,
    };
    const child = execFile(command, parameters, options, (_, stdout, stderr) => {
      resolve({ status: child.exitCode, signal: child.signalCode, stdout, stderr });
    });
  });
}
