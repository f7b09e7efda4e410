import { check, declare } from './libc.ts';

/**
 * Makes a directory in one that a descriptor stands for (mkdirat(2)); no link in its place is followed. Throws a
 * {@link SystemError}: EEXIST, EACCES, ENOTDIR, EOVERFLOW for a user that the mount has no id for.
 */
export function makeDirectoryAt(parent: number, name: string, mode: number): void {
  check(mkdirat(parent, name, mode), 'mkdir', name);
}

/** The same of an empty file (mknodat(2)). */
export function makeFileAt(parent: number, name: string, mode: number): void {
  check(mknodat(parent, name, S_IFREG | mode, 0), 'mknod', name);
}

/** Removes a directory that is empty, or what else is there and no directory (unlinkat(2)). Throws as those. */
export function removeAt(parent: number, name: string, isDirectory: boolean): void {
  check(unlinkat(parent, name, isDirectory ? AT_REMOVEDIR : 0), 'unlink', name);
}

/**
 * Where the symbolic link leads that a descriptor stands for (readlinkat(2)). Throws a {@link SystemError} ENOENT for
 * what is no link.
 */
export function readLink(fd: number): string {
  const buffer = Buffer.alloc(PATH_MAX);
  return buffer.toString('utf8', 0, check(readlinkat(fd, '', buffer, PATH_MAX), 'readlink'));
}

const PATH_MAX = 4096;
const S_IFREG = 0o100000;
const AT_REMOVEDIR = 0x200;
const mkdirat = declare('int mkdirat(int fd, const char *path, uint mode)');
const mknodat = declare('int mknodat(int fd, const char *path, uint mode, ulong device)');
const unlinkat = declare('int unlinkat(int fd, const char *path, int flags)');
const readlinkat = declare('long readlinkat(int fd, const char *path, void *buffer, size_t size)');
