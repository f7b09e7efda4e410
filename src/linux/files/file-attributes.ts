import { chmodSync } from 'node:fs';
import { check, declare, errnoName, lastErrno } from '../libc.ts';
import { throughProc } from './directory-files.ts';

/**
 * What is to be known of files that are open, or only looked up (O_PATH), and set of them. All throw a SystemError;
 * those for modes an error of node:fs.
 */

export function setOwner(descriptor: number, uid: number, gid: number): void {
  check(fchownat(descriptor, '', uid, gid, AT_EMPTY_PATH), 'chown');
}

/** @param mode the permissions, and the bits before them. Not of a symbolic link, which has none. */
export function setMode(descriptor: number, mode: number): void {
  chmodSync(throughProc(descriptor), mode);
}

/** Nanoseconds since 1970, which may be before that. */
export function setTimes(descriptor: number, accessed: bigint, modified: bigint): void {
  const times = new BigInt64Array([...timespec(accessed), ...timespec(modified)]);
  check(utimensat(descriptor, '', times, AT_EMPTY_PATH), 'utimensat');
}

/** The names of a file's extended attributes (xattr(7)); none where there are none of them at all. */
export function listAttributes(descriptor: number): readonly string[] {
  const path = throughProc(descriptor);
  for (;;) {
    const size = listxattr(path, null, 0);
    if (size === 0 || (size < 0 && isUnsupported())) return [];
    const names = Buffer.alloc(check(size, 'listxattr'));
    const length = listxattr(path, names, names.length);
    // It has more of them now.
    if (length < 0 && errnoName(lastErrno()) === 'ERANGE') continue;
    return names.toString('latin1', 0, check(length, 'listxattr')).split('\0').filter(Boolean);
  }
}

/** Undefined when it has none of that name (any more). @param name as {@link listAttributes} gives it */
export function readAttribute(descriptor: number, name: string): Buffer | undefined {
  const length = getxattr(throughProc(descriptor), Buffer.from(`${name}\0`, 'latin1'), value, value.length);
  if (length < 0 && (isUnsupported() || errnoName(lastErrno()) === 'ENODATA')) return undefined;
  return Buffer.from(value.subarray(0, check(length, 'getxattr')));
}

/** False where the file system has none of that kind. */
export function writeAttribute(descriptor: number, name: string, content: Buffer): boolean {
  const result = setxattr(throughProc(descriptor), Buffer.from(`${name}\0`, 'latin1'), content, content.length, 0);
  if (result < 0 && isUnsupported()) return false;
  check(result, 'setxattr');
  return true;
}

function isUnsupported(): boolean {
  return errnoName(lastErrno()) === 'ENOTSUP' || errnoName(lastErrno()) === 'EOPNOTSUPP';
}

function timespec(nanoseconds: bigint): [seconds: bigint, rest: bigint] {
  const rest = ((nanoseconds % SECOND) + SECOND) % SECOND;
  return [(nanoseconds - rest) / SECOND, rest];
}

const SECOND = 1_000_000_000n;
const AT_EMPTY_PATH = 0x1000;
// The longest value that a file system may have (linux/limits.h).
const XATTR_SIZE_MAX = 64 * 1024;
// In use only within a call.
const value = Buffer.alloc(XATTR_SIZE_MAX);

const fchownat = declare('int fchownat(int descriptor, const char *path, uint uid, uint gid, int flags)');
const utimensat = declare('int utimensat(int descriptor, const char *path, void *times, int flags)');
// Of the path in /proc: by descriptor they do not take one that was only looked up.
const listxattr = declare('long listxattr(const char *path, void *names, size_t size)');
const getxattr = declare('long getxattr(const char *path, const char *name, void *value, size_t size)');
const setxattr = declare('int setxattr(const char *path, const char *name, void *value, size_t size, int flags)');
