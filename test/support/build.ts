import { spawnSync } from 'node:child_process';
import { projectRoot } from './project-root.ts';

const root = `${projectRoot}/`;

/** Before any test: compiles src, so that tests with a daemon or the command in a process of its own see what is there. */
export function setup(): void {
  const parameters = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'];
  const { status, stdout } = spawnSync(process.execPath, parameters, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`src does not compile:\n${stdout}`);
}

/** The compiled command. */
export const compiledMain: string = `${root}dist/cli/main.js`;
