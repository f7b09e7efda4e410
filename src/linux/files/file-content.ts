import { check, declare, errnoName, lastErrno } from '../libc.ts';

/**
 * Lets a file, which must be empty, share all blocks of another until one of them is written to (ioctl_ficlone(2)).
 * False where the file systems cannot. Throws a SystemError: ENOSPC, EIO.
 */
export function shareContent(from: number, to: number): boolean {
  return able(ioctl(to, FICLONE, from), 'ioctl') !== undefined;
}

/**
 * Has the kernel copy from one file to the other, from the offset of each on (copy_file_range(2)), and moves both on.
 * Gives how many bytes it were, 0 at the end; undefined when it cannot copy between these two. Throws a SystemError.
 */
export function copyInKernel(from: number, to: number, length: number): number | undefined {
  return able(copyFileRange(from, null, to, null, length, 0), 'copy_file_range');
}

/**
 * Where the next data begin at or after an offset, and where they end (lseek(2), SEEK_DATA); undefined when there are
 * none any more. A file that knows no holes has data throughout. Throws a SystemError.
 */
export function nextData(descriptor: number, offset: number): { start: number; end: number } | undefined {
  const start = lseek(descriptor, offset, SEEK_DATA);
  if (start < 0) {
    if (errnoName(lastErrno()) === 'ENXIO') return undefined;
    // Some below /proc, as cmdline.
    if (errnoName(lastErrno()) === 'EINVAL') return { start: offset, end: Number.POSITIVE_INFINITY };
    check(start, 'lseek');
  }
  const end = check(lseek(descriptor, start, SEEK_HOLE), 'lseek');
  // Whoever serves a file system (fuse(4)) may say anything, and could keep us going round here.
  return start >= offset && end > start ? { start, end } : { start: offset, end: Number.POSITIVE_INFINITY };
}

/** Goes to an offset from the beginning. */
export function moveTo(descriptor: number, offset: number): void {
  check(lseek(descriptor, offset, SEEK_SET), 'lseek');
}

/** Passes a result on; undefined for errors that say that it is not to be had here, and not that it failed. */
function able(result: number, call: string): number | undefined {
  if (result < 0 && UNABLE.has(errnoName(lastErrno()))) return undefined;
  return check(result, call);
}

const UNABLE: ReadonlySet<string> = new Set([
  // EPERM: a filter of system calls. ETXTBSY: one is a swap file.
  ...['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'ENOTTY', 'EPERM', 'ETXTBSY', 'EXDEV', 'EBADF', 'EISDIR'],
]);

// _IOW(0x94, 9, int), which is another number on a few architectures.
const FICLONE = /^(mips|ppc)/.test(process.arch) ? 0x80049409 : 0x40049409;
const SEEK_SET = 0;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

const ioctl = declare('int ioctl(int descriptor, ulong request, long argument)');
const copyFileRange = declare(
  'long copy_file_range(int from, void *fromOffset, int to, void *toOffset, size_t length, uint flags)',
);
const lseek = declare('long lseek(int descriptor, long offset, int whence)');
