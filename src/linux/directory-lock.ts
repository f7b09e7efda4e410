import { closeSync, constants, openSync } from 'node:fs';
import { declare, errnoName, lastErrno, SystemError } from './libc.ts';

/**
 * Locks a directory for as long as this process lives, or until the function returned is called (flock(2)). The kernel
 * lets go of it however the process ends, and no file is needed for it.
 * Undefined: another process has it. Throws an error of node:fs or a SystemError.
 */
export function lockDirectory(path: string): (() => void) | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  if (flock(fd, LOCK_EX | LOCK_NB) === 0) return () => closeSync(fd);
  const errno = lastErrno();
  closeSync(fd);
  if (errnoName(errno) === 'EAGAIN') return undefined;
  throw new SystemError(errno, 'flock', path);
}

const LOCK_EX = 2;
const LOCK_NB = 4;
const flock = declare('int flock(int fd, int operation)');
