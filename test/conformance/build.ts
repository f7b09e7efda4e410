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
  await execute('rolldown/bin/cli.mjs', ['-c'], { BUILD_DIRECTORY: target });
  await compile('test/conformance/agent/tsconfig.json', '--outDir', `${target}/agent`);
}

function compile(config: string, ...options: readonly string[]): Promise<void> {
  return execute('typescript/bin/tsc', ['-p', config, ...options]);
}

async function execute(program: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<void> {
  try {
    await run(process.execPath, [`${project}/node_modules/${program}`, ...words], {
      cwd: project,
      env: { ...process.env, ...environment },
    });
  } catch (error) {
    throw new Error(`${program} ${words.join(' ')}: ${(error as { stdout?: string }).stdout}`, { cause: error });
  }
}
