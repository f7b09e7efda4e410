import { constants } from 'node:fs';
import { check, declare } from './libc.ts';

/**
 * Opens a file below a directory by a path of which no part may be a symbolic link (openat2(2)): so it is where the path
 * says, whoever may write to the directories on the way. Throws a SystemError: ELOOP for a link.
 * @param path an absolute one begins at `root` @param flags of open(2) @param mode of a new file
 */
export function openPlainPath(root: number, path: string | Buffer, flags: number, mode = 0): number {
  const how = new BigUint64Array([BigInt(flags | O_CLOEXEC), BigInt(mode), RESOLVE]);
  const bytes = Buffer.concat([Buffer.from(path), NUL]);
  return check(openat2(SYS_openat2, root, bytes, how, how.byteLength), 'open', bytes.toString('utf8', 0, SHOWN));
}

/** The same for a directory that is to be listed. */
export function openPlainDirectory(root: number, path: string | Buffer): number {
  return openPlainPath(root, path, constants.O_RDONLY | constants.O_DIRECTORY);
}

/**
 * Moves a file from one directory to another, where nothing may have its new name: EEXIST. A directory with all that is
 * in it. Throws a SystemError: EBUSY for a mount point, EXDEV for another file system.
 */
export function moveFile(directory: number, name: Buffer, to: number, newName: Buffer): void {
  const [from, into] = [Buffer.concat([name, NUL]), Buffer.concat([newName, NUL])];
  check(renameat2(SYS_renameat2, directory, from, to, into, RENAME_NOREPLACE), 'rename');
}

const NUL = Buffer.alloc(1);
const SHOWN = 200;
const O_CLOEXEC = 0o2000000;
const RENAME_NOREPLACE = 1;
// RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_IN_ROOT
const RESOLVE = 0x02n | 0x04n | 0x10n;
const SYS_openat2 = 437;
const SYS_renameat2 = { x64: 316, ia32: 353, arm: 382, ppc64: 357, s390x: 347 }[process.arch as string] ?? 276;
const openat2 = declare('long syscall(long number, long directory, const char *path, void *how, size_t size)');
const renameat2 = declare(
  'long syscall(long number, long from, const char *name, long to, const char *other, ulong flags)',
);
