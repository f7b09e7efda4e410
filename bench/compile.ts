import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a program of sources in C; false where there is no compiler. @throws Error with what the compiler says */
export function compile(program: string, sources: readonly string[]): boolean {
  rmSync(program, { force: true });
  mkdirSync(dirname(program), { recursive: true });
  try {
    execFileSync('cc', ['-O2', '-o', program, ...sources], { stdio: 'pipe' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
