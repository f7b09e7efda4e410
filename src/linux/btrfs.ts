import { fstatSync, statfsSync } from 'node:fs';
import { ioctl } from './ioctl.ts';

/** A subvolume of btrfs(5). Times are of CLOCK_REALTIME, in microseconds. */
export interface Subvolume {
  /** Unique in its file system. */
  readonly id: bigint;
  readonly readOnly: boolean;
  readonly creationTime: number;
  /** When anything in it was changed last. */
  readonly changeTime: number;
}

/**
 * Whether a directory is the top of a subvolume, which is what has this inode number on that file system.
 * @param fd may be one that only stands for it (O_PATH)
 */
export function isSubvolume(fd: number): boolean {
  const { ino } = fstatSync(fd, { bigint: true });
  return ino === FIRST_FREE_OBJECTID && statfsSync(`/proc/self/fd/${fd}`).type === BTRFS_SUPER_MAGIC;
}

/**
 * What the kernel says of the subvolume that a directory is the top of (Linux 4.18).
 * @throws SystemError
 */
export function subvolumeOf(fd: number): Subvolume {
  const info = Buffer.alloc(SUBVOL_INFO_SIZE);
  ioctl(fd, BTRFS_IOC_GET_SUBVOL_INFO, info, 'BTRFS_IOC_GET_SUBVOL_INFO');
  const time = (at: number): number =>
    Number(info.readBigUInt64LE(at)) * 1e6 + Math.floor(info.readUInt32LE(at + 8) / 1000);
  return {
    id: info.readBigUInt64LE(0),
    readOnly: (info.readBigUInt64LE(288) & ROOT_SUBVOL_RDONLY) !== 0n,
    creationTime: time(392),
    changeTime: time(376),
  };
}

// linux/btrfs.h, linux/btrfs_tree.h, linux/magic.h. struct btrfs_ioctl_get_subvol_info_args: treeid, name[256],
// parent_id, dirid, generation, flags, three UUIDs, four transaction ids, ctime, otime …
const FIRST_FREE_OBJECTID = 256n;
const BTRFS_SUPER_MAGIC = 0x9123683e;
const BTRFS_IOC_GET_SUBVOL_INFO = 0x81f8943c;
const SUBVOL_INFO_SIZE = 504;
const ROOT_SUBVOL_RDONLY = 1n;
