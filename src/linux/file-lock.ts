import { declare, errnoName, lastErrno, SystemError } from './libc.ts';

/**
 * Locks all of an open file against everybody else who locks it so, until the descriptor is closed (fcntl_locking(2),
 * "open file description locks"). False: somebody has locked it. Throws a SystemError.
 * @param descriptor open for writing
 */
export function lockFile(descriptor: number): boolean {
  return taken(fcntl(descriptor, F_OFD_SETLK, WHOLE_FILE), 'fcntl');
}

/** The same with flock(2), which also locks directories, and is another lock. @param descriptor open in any way */
export function lockOpenFile(descriptor: number): boolean {
  return taken(flock(descriptor, LOCK_EX | LOCK_NB), 'flock');
}

function taken(result: number, call: string): boolean {
  if (result === 0) return true;
  const errno = lastErrno();
  if (errnoName(errno) === 'EAGAIN' || errnoName(errno) === 'EACCES') return false;
  throw new SystemError(errno, call);
}

const LOCK_EX = 2;
const LOCK_NB = 4;
const F_OFD_SETLK = 37;
// struct flock { short type, whence; off_t start, length; pid_t pid; }: F_WRLCK, SEEK_SET, and 0
const WHOLE_FILE = new Uint16Array(16);
WHOLE_FILE[0] = 1;
const fcntl = declare('int fcntl(int descriptor, int command, void *lock)');
const flock = declare('int flock(int descriptor, int operation)');
