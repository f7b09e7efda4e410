import { constants } from 'node:fs';
import { check, declare, errnoName, lastErrno } from '../libc.ts';

/**
 * Files by their name in a directory that is open, and never by a path: a name is one component, in the bytes of the
 * file system. No call here follows a link. All throw a SystemError.
 */

/** A name in a directory: no `/` or NUL in it, neither `.` nor `..`. */
export type FileName = Buffer;

/** Stands for the file whatever it is, without opening it (O_PATH). The taker closes the descriptor. */
export function lookUpFile(directory: number, name: FileName): number {
  return open(directory, name, O_PATH | constants.O_NOFOLLOW);
}

/** The same; EXDEV when it is mounted there. */
export function lookUpOwnFile(directory: number, name: FileName): number {
  return open(directory, name, O_PATH | constants.O_NOFOLLOW, RESOLVE_NO_XDEV);
}

/** The directory of that name, to be listed and to make files in. ENOTDIR for what is none, a link included. */
export function openDirectory(directory: number, name: FileName): number {
  return open(directory, name, LISTED | constants.O_NOFOLLOW);
}

/** The same; EXDEV when another file system begins there, or the same one once more. */
export function openOwnDirectory(directory: number, name: FileName): number {
  return open(directory, name, LISTED | constants.O_NOFOLLOW, RESOLVE_NO_XDEV);
}

/** A new regular file, open for reading and writing. EEXIST where there is anything of that name. */
export function createFile(directory: number, name: FileName): number {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW | constants.O_NOCTTY;
  return open(directory, name, flags, RESOLVE_NO_XDEV, 0o600);
}

/** Opens what a descriptor of {@link lookUpFile} stands for, and nothing else. @param flags of open(2) */
export function reopenFile(found: number, flags: number): number {
  // The magic link of our own descriptor leads to the very file that was looked at.
  return check(openat(AT_FDCWD, throughProc(found), flags | O_CLOEXEC), 'open');
}

/** Opens a directory that a descriptor of {@link lookUpFile} stands for, to be listed. */
export function reopenDirectory(found: number): number {
  return check(openat(found, '.', LISTED | O_CLOEXEC), 'open');
}

/** A path of a file that is open, however it was opened: for calls that take no descriptor. Links are not followed. */
export function throughProc(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

/** With mode 0700. */
export function makeDirectory(directory: number, name: FileName): void {
  check(mkdirat(directory, terminated(name), 0o700), 'mkdir');
}

/** A FIFO, socket or device. @param mode its type and its permissions @param device of a device, as stat(2) has it */
export function makeNode(directory: number, name: FileName, mode: number, device: number): void {
  check(mknodat(directory, terminated(name), mode, device), 'mknod');
}

export function makeLink(directory: number, name: FileName, target: Buffer): void {
  check(symlinkat(terminated(target), directory, terminated(name)), 'symlink');
}

/** Where the symbolic link leads that a descriptor of {@link lookUpFile} stands for. */
export function readLink(found: number): Buffer {
  const buffer = Buffer.alloc(PATH_MAX);
  return buffer.subarray(0, check(readlinkat(found, '', buffer, buffer.length), 'readlink'));
}

/** One more name for a file that is open, in whatever way. */
export function linkFile(found: number, directory: number, name: FileName): void {
  check(linkat(AT_FDCWD, throughProc(found), directory, terminated(name), AT_SYMLINK_FOLLOW), 'link');
}

/**
 * Gives a file another name in its directory. @param replace what has that name goes; otherwise EEXIST
 */
export function renameFile(directory: number, from: FileName, to: FileName, replace: boolean): void {
  const [old, next] = [terminated(from), terminated(to)];
  const flags = replace ? 0 : RENAME_NOREPLACE;
  const result = renameat2(SYS_renameat2, directory, old, directory, next, flags);
  if (result === 0 || replace || errnoName(lastErrno()) !== 'EINVAL') {
    check(result, 'rename');
    return;
  }
  // A file system that cannot do this in one step, as NFS: a second name is never another file's. A directory replaces
  // none but an empty one.
  if (linkat(directory, old, directory, next, 0) === 0) removeFile(directory, from);
  else if (errnoName(lastErrno()) !== 'EPERM') check(-1, 'link');
  else check(renameat2(SYS_renameat2, directory, old, directory, next, 0), 'rename');
}

export function removeFile(directory: number, name: FileName): void {
  check(unlinkat(directory, terminated(name), 0), 'unlink');
}

/** EXIST or ENOTEMPTY while there is something in it. */
export function removeDirectory(directory: number, name: FileName): void {
  check(unlinkat(directory, terminated(name), AT_REMOVEDIR), 'rmdir');
}

function open(directory: number, name: FileName, flags: number, resolve = 0, mode = 0): number {
  how[0] = BigInt(flags | O_CLOEXEC);
  how[1] = BigInt(mode);
  how[2] = BigInt(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | resolve);
  return check(openat2(SYS_openat2, directory, terminated(name), how, how.byteLength), 'open');
}

function terminated(name: Buffer): Buffer {
  return Buffer.concat([name, NUL]);
}

const NUL = Buffer.alloc(1);
const PATH_MAX = 4096;
const LISTED = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK;
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const AT_FDCWD = -100;
const AT_REMOVEDIR = 0x200;
const AT_SYMLINK_FOLLOW = 0x400;
const RENAME_NOREPLACE = 1;
const RESOLVE_NO_XDEV = 0x01;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
// struct open_how { uint64_t flags, mode, resolve }
const how = new BigUint64Array(3);

// No libc has a function for it; the number is the same on every architecture.
const SYS_openat2 = 437;
const openat2 = declare('long syscall(long number, long directory, const char *path, void *how, size_t size)');
const openat = declare('int openat(int directory, const char *path, int flags)');
const mkdirat = declare('int mkdirat(int directory, const char *name, uint mode)');
const mknodat = declare('int mknodat(int directory, const char *name, uint mode, ulong device)');
const symlinkat = declare('int symlinkat(const char *target, int directory, const char *name)');
const readlinkat = declare('long readlinkat(int directory, const char *name, void *buffer, size_t size)');
const linkat = declare('int linkat(int from, const char *path, int directory, const char *name, int flags)');
// musl has no function for it either, and this one is older than the numbers that are the same everywhere.
const SYS_renameat2 = { x64: 316, ia32: 353, arm: 382, ppc64: 357, s390x: 347 }[process.arch as string] ?? 276;
const renameat2 = declare(
  'long syscall(long number, long from, const char *name, long to, const char *other, ulong flags)',
);
const unlinkat = declare('int unlinkat(int directory, const char *name, int flags)');
