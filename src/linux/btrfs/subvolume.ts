import { fstatSync, statfsSync } from 'node:fs';
import { ioctl, ioctlRequest } from '../ioctl.ts';

/**
 * Subvolumes of btrfs(5), by descriptors of directories that are open (ioctl numbers and structures are those of
 * <linux/btrfs.h>). A name is one component. All throw a SystemError.
 */

/** Whether a file that is open is on such a file system. */
export function isOnBtrfs(descriptor: number): boolean {
  return statfsSync(`/proc/self/fd/${descriptor}`).type === BTRFS_SUPER_MAGIC;
}

/** Whether it is the root of a subvolume, and not a directory in one. @param descriptor may only stand for it (O_PATH) */
export function isSubvolume(descriptor: number): boolean {
  return fstatSync(descriptor).ino === FIRST_FREE_OBJECTID && isOnBtrfs(descriptor);
}

/** What a subvolume is. Times are of CLOCK_REALTIME, in microseconds. */
export interface SubvolumeInformation {
  /** Unique in its file system. */
  readonly id: bigint;
  /** That of the one it is in; 0 for the topmost. */
  readonly parentId: bigint;
  readonly readOnly: boolean;
  readonly creationTime: number;
  /** When anything in it was changed last. */
  readonly changeTime: number;
}

/** Of the subvolume that a directory is in (Linux 4.18). */
export function subvolumeInformation(descriptor: number): SubvolumeInformation {
  const answer = Buffer.alloc(504);
  ioctl(descriptor, GET_SUBVOL_INFO, answer, 'BTRFS_IOC_GET_SUBVOL_INFO');
  // u64 treeid; char name[256]; u64 parent_id, dirid, generation, flags; u8 uuid[3][16]; u64 transid[4]; ctime, otime, …
  const time = (at: number): number =>
    Number(answer.readBigUInt64LE(at)) * 1e6 + Math.floor(answer.readUInt32LE(at + 8) / 1000);
  return {
    id: answer.readBigUInt64LE(0),
    parentId: answer.readBigUInt64LE(264),
    readOnly: (answer.readBigUInt64LE(288) & ROOT_SUBVOL_RDONLY) !== 0n,
    creationTime: time(392),
    changeTime: time(376),
  };
}

export function createSubvolume(directory: number, name: Buffer): void {
  ioctl(directory, SUBVOL_CREATE, volumeArguments(name), 'BTRFS_IOC_SUBVOL_CREATE');
}

/** A subvolume that has all that another has, without those that are in that. */
export function snapshotSubvolume(source: number, directory: number, name: Buffer): void {
  // s64 fd; u64 transid, flags, unused[4]; char name[4040]
  const request = Buffer.alloc(4096);
  request.writeBigInt64LE(BigInt(source), 0);
  name.copy(request, 56, 0, 4039);
  ioctl(directory, SNAP_CREATE_V2, request, 'BTRFS_IOC_SNAP_CREATE_V2');
}

/** ENOTEMPTY while there are subvolumes in it. @param directory that it is in */
export function destroySubvolume(directory: number, name: Buffer): void {
  ioctl(directory, SNAP_DESTROY, volumeArguments(name), 'BTRFS_IOC_SNAP_DESTROY');
}

/** @param subvolume the root of one */
export function setSubvolumeReadOnly(subvolume: number, readOnly: boolean): void {
  const flags = new BigUint64Array(1);
  ioctl(subvolume, SUBVOL_GETFLAGS, flags, 'BTRFS_IOC_SUBVOL_GETFLAGS');
  const before = flags[0] as bigint;
  flags[0] = readOnly ? before | SUBVOL_RDONLY : before & ~SUBVOL_RDONLY;
  if (flags[0] !== before) ioctl(subvolume, SUBVOL_SETFLAGS, flags, 'BTRFS_IOC_SUBVOL_SETFLAGS');
}

/** A subvolume in another one. */
export interface NestedSubvolume {
  readonly id: bigint;
  /** Of the directory that it is in, below that other one: empty, or with `/` after each name. */
  readonly directory: Buffer;
  readonly name: Buffer;
}

/** Those that are in a subvolume, without those that are in them. @param subvolume the root of one */
export function nestedSubvolumes(subvolume: number): NestedSubvolume[] {
  const nested: NestedSubvolume[] = [];
  // u64 min_treeid; struct { u64 treeid, dirid; } rootref[255]; u8 num_items
  const answer = Buffer.alloc(4096);
  for (let least = 0n; ; ) {
    answer.fill(0);
    answer.writeBigUInt64LE(least, 0);
    const isLast = listReferences(subvolume, answer);
    const count = answer.readUInt8(4088);
    for (let index = 0; index < count; index++) {
      const id = answer.readBigUInt64LE(8 + 16 * index);
      nested.push({ id, ...nameOf(subvolume, id, answer.readBigUInt64LE(16 + 16 * index)) });
      least = id + 1n;
    }
    if (isLast || count === 0) return nested;
  }
}

/** False when there are more. */
function listReferences(subvolume: number, answer: Buffer): boolean {
  try {
    ioctl(subvolume, GET_SUBVOL_ROOTREF, answer, 'BTRFS_IOC_GET_SUBVOL_ROOTREF');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EOVERFLOW') return false;
    throw error;
  }
}

function nameOf(subvolume: number, id: bigint, directoryId: bigint): Pick<NestedSubvolume, 'directory' | 'name'> {
  // u64 dirid, treeid; char name[256], path[3824]
  const answer = Buffer.alloc(4096);
  answer.writeBigUInt64LE(directoryId, 0);
  answer.writeBigUInt64LE(id, 8);
  ioctl(subvolume, INO_LOOKUP_USER, answer, 'BTRFS_IOC_INO_LOOKUP_USER');
  return { name: textAt(answer, 16), directory: textAt(answer, 272) };
}

function textAt(answer: Buffer, start: number): Buffer {
  return Buffer.from(answer.subarray(start, answer.indexOf(0, start)));
}

function volumeArguments(name: Buffer): Buffer {
  // s64 fd; char name[4088]
  const request = Buffer.alloc(4096);
  name.copy(request, 8, 0, 4087);
  return request;
}

const BTRFS_SUPER_MAGIC = 0x9123683e;
// The root directory of each subvolume has this inode number.
const FIRST_FREE_OBJECTID = 256;
const ROOT_SUBVOL_RDONLY = 1n;
const SUBVOL_RDONLY = 2n;
const MAGIC = 0x94;
const SUBVOL_CREATE = ioctlRequest('write', MAGIC, 14, 4096);
const SNAP_DESTROY = ioctlRequest('write', MAGIC, 15, 4096);
const SNAP_CREATE_V2 = ioctlRequest('write', MAGIC, 23, 4096);
const SUBVOL_GETFLAGS = ioctlRequest('read', MAGIC, 25, 8);
const SUBVOL_SETFLAGS = ioctlRequest('write', MAGIC, 26, 8);
const GET_SUBVOL_INFO = ioctlRequest('read', MAGIC, 60, 504);
const GET_SUBVOL_ROOTREF = ioctlRequest('read-write', MAGIC, 61, 4096);
const INO_LOOKUP_USER = ioctlRequest('read-write', MAGIC, 62, 4096);
