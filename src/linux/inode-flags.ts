import { ioctl, ioctlRequest } from './ioctl.ts';
import { SystemError } from './libc.ts';

/** Flags of a file that chattr(1) sets (ioctl_iflags(2)). */
export const inodeFlags = { append: 0x20, immutable: 0x10, noCow: 0x0080_0000 } as const;

/**
 * Those that are set of a regular file or directory that is open, and not only looked up; none where the file system
 * knows none. Throws a SystemError.
 */
export function readInodeFlags(descriptor: number): number {
  const flags = new Uint32Array(2);
  try {
    ioctl(descriptor, FS_IOC_GETFLAGS, flags, 'FS_IOC_GETFLAGS');
  } catch (error) {
    if (error instanceof SystemError && UNKNOWN.has(error.code)) return 0;
    throw error;
  }
  return flags[0] as number;
}

/**
 * Sets or takes away one of them. Throws a SystemError: EOPNOTSUPP or ENOTTY where the file system has none, EPERM
 * without CAP_LINUX_IMMUTABLE.
 */
export function setInodeFlag(descriptor: number, flag: number, set: boolean): void {
  const flags = new Uint32Array(2);
  ioctl(descriptor, FS_IOC_GETFLAGS, flags, 'FS_IOC_GETFLAGS');
  const before = flags[0] as number;
  const after = set ? before | flag : before & ~flag;
  if (after === before) return;
  flags[0] = after;
  ioctl(descriptor, FS_IOC_SETFLAGS, flags, 'FS_IOC_SETFLAGS');
}

const UNKNOWN: ReadonlySet<string> = new Set(['ENOTTY', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);
// They are declared with a long, and read and write an int.
const FS_IOC_GETFLAGS = ioctlRequest('read', 0x66, 1, 8);
const FS_IOC_SETFLAGS = ioctlRequest('write', 0x66, 2, 8);
