import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { projectRoot as project } from '../support/project-root.ts';

const run = promisify(execFile);

/**
 * Compiles what runs in the lab from the sources as they are: the project and the agent, into a directory below build,
 * so that no stale build is asked and no other test sees half of a new one.
 */
export async function build(name = 'conformance'): Promise<void> {
  const target = `${project}/build/${name}`;
  mkdirSync(target, { recursive: true });
  copyFileSync(`${project}/package.json`, `${target}/package.json`);
  await compile(
    'tsconfig.build.json',
    '--declaration',
    'false',
    '--isolatedDeclarations',
    'false',
    '--outDir',
    `${target}/dist`,
  );
  await compile('test/conformance/agent/tsconfig.json', '--outDir', `${target}/agent`);
}

async function compile(config: string, ...options: readonly string[]): Promise<void> {
  try {
    await run(process.execPath, [`${project}/node_modules/typescript/bin/tsc`, '-p', config, ...options], {
      cwd: project,
    });
  } catch (error) {
    throw new Error(`tsc -p ${config}: ${(error as { stdout?: string }).stdout}`, { cause: error });
  }
}
