import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// What of the package is not code that is imported. It is named from here, since this is as far below the package's
// directory in dist, where the code is in few files, as in src.

/** What the processes of MachineRoots run, as built. */
export const rootsProgram: string = fileURLToPath(new URL('../roots/program.js', import.meta.url));

/** What the processes of Entering run, as built. */
export const enteringProgram: string = fileURLToPath(new URL('../entering/program.js', import.meta.url));

/** What the processes of MountProcesses run, as built. */
export const mountsProgram: string = fileURLToPath(new URL('../mounts/program.js', import.meta.url));

/** What copies files between the host and containers, as built. */
export const copyingProgram: string = fileURLToPath(new URL('../copying/program.js', import.meta.url));

/** What the processes of ImageReader run, as built. */
export const imageReadingProgram: string = fileURLToPath(new URL('../images/reading.js', import.meta.url));

/** What the processes of ImageChanger run, as built. */
export const imageChangingProgram: string = fileURLToPath(new URL('../images/changing.js', import.meta.url));

/** The version in package.json. */
export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
