import { accessSync, type BigIntStats, closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { subtreeAccount } from '../../linux/btrfs/subtree-quota.ts';
import { isSubvolume, subvolumeInformation } from '../../linux/btrfs/subvolume.ts';
import { inodeFlags, readInodeFlags } from '../../linux/inode-flags.ts';
import { type Image, isHidden, isHostImage, isVendorImage } from '../../machine/images.ts';

/** What is known of an image before it is looked at. */
type Named = Pick<Image, 'name' | 'path'>;

/**
 * What a file is as an image: a directory, or a subvolume where it is the top of one; a regular file, if it is called
 * so that it may be one; a block device. As systemd 262.
 * @param fd stands for it (O_PATH)
 * @param suffix what its name, or that of the link to it, ends in
 * @returns undefined for what is none
 * @throws SystemError and errors of node:fs
 */
export function imageOf(named: Named, fd: number, suffix: string): Image | undefined {
  const stat = fstatSync(fd, { bigint: true });
  if (stat.isDirectory()) {
    if (suffix === '.mstack') return plainDirectory('mstack', named, fd, stat);
    return isSubvolume(fd) ? subvolume(named, fd) : plainDirectory('directory', named, fd, stat);
  }
  if (stat.isFile()) return suffix === '.raw' ? rawFile(named, fd, stat) : undefined;
  return stat.isBlockDevice() ? blockDevice(named, fd, stat) : undefined;
}

function plainDirectory(type: Image['type'], named: Named, fd: number, stat: BigIntStats): Image {
  // When its own entries were changed last says nothing of what is below.
  return { ...named, type, readOnly: isReadOnly(named, fd) || isImmutable(fd), ...creation(stat) };
}

function subvolume(named: Named, fd: number): Image {
  const { id, readOnly, creationTime, changeTime } = withOpened(fd, subvolumeInformation);
  const image: Image = {
    ...named,
    type: 'subvolume',
    readOnly: readOnly || isReadOnly(named, fd),
    creationTime,
    modificationTime: changeTime,
  };
  return isVendorImage(named) || isHostImage(named) ? image : { ...image, ...usageOf(fd, id) };
}

/** What the file system keeps account of; nothing where it does not, or not for us. */
function usageOf(fd: number, id: bigint): Partial<Image> {
  try {
    const quota = withOpened(fd, (opened) => subtreeAccount(opened, id));
    if (quota === undefined) return {};
    const { referenced, exclusive, referencedLimit, exclusiveLimit } = quota;
    return {
      usage: referenced,
      usageExclusive: exclusive,
      ...(referencedLimit !== undefined && { limit: referencedLimit }),
      ...(exclusiveLimit !== undefined && { limitExclusive: exclusiveLimit }),
    };
  } catch {
    return {};
  }
}

function rawFile(named: Named, fd: number, stat: BigIntStats): Image {
  // It has as much on disk as it has blocks, and can grow up to its size.
  const usage = stat.blocks * 512n;
  return {
    ...named,
    type: 'raw',
    readOnly: !isWritable(stat) || isReadOnly(named, fd),
    ...creation(stat),
    modificationTime: microseconds(stat.mtimeNs),
    usage,
    usageExclusive: usage,
    limit: stat.size,
    limitExclusive: stat.size,
  };
}

function blockDevice(named: Named, fd: number, stat: BigIntStats): Image {
  // Not opened: that wakes disks up, and needs leave for each device.
  const size = 512n * BigInt(blockFact(stat.rdev, 'size') ?? 0);
  const readOnly = !isWritable(stat) || blockFact(stat.rdev, 'ro') === 1 || isReadOnly(named, fd);
  const image: Image = { ...named, type: 'block', readOnly };
  return size === 0n ? image : { ...image, usage: size, usageExclusive: size, limit: size, limitExclusive: size };
}

/** A number that sysfs(5) has of a block device; undefined where there is no such device. */
function blockFact(device: bigint, name: 'size' | 'ro'): number | undefined {
  // How the C library puts two numbers into one (makedev(3)).
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn & 0xffff_ffffn);
  try {
    return Number(readFileSync(`/sys/dev/block/${major}:${minor}/${name}`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** For everybody: vendors' images, hidden ones, and those on a file system that is mounted read-only. */
function isReadOnly(named: Named, fd: number): boolean {
  if (isVendorImage(named) || isHidden(named)) return true;
  try {
    accessSync(`/proc/self/fd/${fd}`, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}

function isWritable({ mode }: BigIntStats): boolean {
  return (mode & 0o222n) !== 0n;
}

/** chattr(1) `+i`. Not every file system knows it. */
function isImmutable(fd: number): boolean {
  try {
    return (withOpened(fd, readInodeFlags) & inodeFlags.immutable) !== 0;
  } catch {
    return false;
  }
}

function creation({ birthtimeNs }: BigIntStats): Pick<Image, 'creationTime'> {
  return birthtimeNs > 0n ? { creationTime: microseconds(birthtimeNs) } : {};
}

function microseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1000n);
}

/** Opens the directory that a descriptor stands for, as ioctl(2) needs it. */
function withOpened<T>(fd: number, act: (opened: number) => T): T {
  const opened = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK);
  try {
    return act(opened);
  } finally {
    closeSync(opened);
  }
}
