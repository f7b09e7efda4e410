import { randomUUID } from 'node:crypto';
import { closeSync, fchmodSync, openSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes a whole file so that every reader sees the old content or the new, also when this process is killed half way:
 * under a temporary name in the same directory, then renamed. A symbolic link at `path` is replaced, not followed.
 * Meant for /run: after a loss of power the content is not guaranteed, for nothing is forced to a disk.
 * @param mode permissions, whatever the umask; default 0o644
 * Throws an error of node:fs; nothing is left behind then.
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, mode = 0o644): void {
  const name = path.lastIndexOf('/') + 1;
  const temporary = `${path.slice(0, name)}${PREFIX}${path.slice(name)}${randomDigits()}`;
  // wx: fails on whatever is there already, and follows no link.
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    try {
      writeFileSync(fd, content);
      fchmodSync(fd, mode);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Removes the temporary files that killed processes left in a directory, and returns their names. Only for a directory
 * that no other process writes to at this moment. A directory that is not there has none.
 */
export function removeTemporaryFiles(directory: string): string[] {
  const names = listFiles(directory).filter((name) => LEFT_BEHIND.test(name));
  for (const name of names) unlinkSync(join(directory, name));
  return names;
}

// The form of systemd's temporary files, which its tools take for such: `.#` name, 16 hexadecimal digits.
const PREFIX = '.#';
const LEFT_BEHIND = /^\.#.+[0-9a-f]{16}$/s;

/**
 * Those of a UUID that are random alone. Node makes UUIDs of random bytes in store; asking the kernel for some takes
 * longer than writing the file.
 */
function randomDigits(): string {
  const uuid = randomUUID();
  return `${uuid.slice(0, 8)}${uuid.slice(-8)}`;
}

function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
