import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { projectRoot } from '../support/project-root.ts';

/**
 * Compiles the agent, which asks in the lab, into `build/NAME/agent`. A name for each test, so that none sees half of
 * another's.
 */
export async function buildAgent(name: string): Promise<void> {
  mkdirSync(`${projectRoot}/build/${name}`, { recursive: true });
  // It says that these are modules.
  copyFileSync(`${projectRoot}/package.json`, `${projectRoot}/build/${name}/package.json`);
  const words = ['-p', 'test/conformance/agent/tsconfig.json', '--outDir', `build/${name}/agent`];
  try {
    await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', ...words], { cwd: projectRoot });
  } catch (error) {
    throw new Error(`tsc ${words.join(' ')}: ${(error as { stdout?: string }).stdout}`, { cause: error });
  }
}
