import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateTypes } from './generate.ts';
import { parseInterface } from './parse.ts';

/**
 * Writes the types for X.varlink to X.ts beside it, and says whether they were current before. With `check` nothing is
 * written. Throws `IdlError` for a bad definition, and the system's errors.
 */
export function generateFile(path: string, { check }: { readonly check: boolean }): boolean {
  const target = path.replace(/(\.varlink)?$/, '.ts');
  const text = generateTypes(parseInterface(readFileSync(path, 'utf8')));
  const current = readIfPresent(target) === text;
  if (!current && !check) writeFileSync(target, text);
  return current;
}

/** The definitions in a directory and those below it, or the one that `path` itself is. */
export function findDefinitions(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.varlink'))
    .sort()
    .map((name) => join(path, name));
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
