import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Whether everybody may connect to a socket, by its permissions and those of the directories on the way to it (unix(7)).
 * @throws errors of node:fs, ENOENT where there is nothing
 */
export function everybodyMayConnect(path: string): boolean {
  if (!othersMay(path, WRITE)) return false;
  for (let directory = dirname(path); directory !== '/'; directory = dirname(directory)) {
    if (!othersMay(directory, SEARCH)) return false;
  }
  return true;
}

function othersMay(path: string, right: number): boolean {
  return (statSync(path).mode & right) !== 0;
}

/** Of those who are neither the owner nor in the group (inode(7)): S_IWOTH, S_IXOTH. */
const WRITE = 0o002;
const SEARCH = 0o001;
