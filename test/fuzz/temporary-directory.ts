import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openDirectory } from '../support/daemon-process.ts';

/**
 * Whose daemons are tried. Root's could be asked to signal any process of this machine, as inputs do at random; the
 * kernel lets this user's reach nothing but its own. It is Debian's `news`, which runs nothing: dbus-daemon lets nobody
 * in who is not in /etc/passwd.
 */
export const FUZZ_USER = 9;

/** Directories for the fuzzed user's daemons, below one that is removed with all of them. */
export function temporaryDirectory(): { add(): string; remove(): void } {
  const directory = openDirectory('mymachines-fuzz-');
  let count = 0;
  return {
    add() {
      const path = join(directory, `${count++}`);
      mkdirSync(path);
      chmodSync(path, 0o755);
      chownSync(path, FUZZ_USER, FUZZ_USER);
      return path;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
