import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The first file or directory on the way to a program that others than root can change. Whoever can do that becomes
 * root when the program is started as a service. Undefined where there is none.
 */
export function changeableByOthers(program: string): string | undefined {
  for (let path = realpathSync(program); ; path = dirname(path)) {
    const { uid, mode } = lstatSync(path);
    // In a directory with the sticky bit others can add files, and not change those of root.
    const writable = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
    if (uid !== 0 || writable) return path;
    if (path === '/') return undefined;
  }
}
