import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's directory, also for what runs compiled from its build/. */
export const projectRoot: string = above(fileURLToPath(import.meta.url));

function above(path: string): string {
  const directory = dirname(path);
  if (existsSync(`${directory}/package-lock.json`)) return directory;
  if (directory === path) throw new Error('not in a checkout: no package-lock.json above this file');
  return above(directory);
}
