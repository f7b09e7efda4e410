import { ioctl, ioctlRequest } from '../ioctl.ts';
import { SystemError } from '../libc.ts';
import { searchTree } from './tree-search.ts';

/**
 * Quota groups of btrfs (btrfs-quota(5)), by any directory of the file system that is open. A group's number has its
 * level in the upper 16 bits; that of level 0 is its subvolume's. All throw a SystemError: ENOTCONN while quotas are off.
 */

export function quotaGroup(level: number, id: bigint): bigint {
  return (BigInt(level) << LEVEL_SHIFT) | id;
}

export function levelOf(group: bigint): number {
  return Number(group >> LEVEL_SHIFT);
}

/** The number of the subvolume that it was made for. */
export function subvolumeOf(group: bigint): bigint {
  return group & ((1n << LEVEL_SHIFT) - 1n);
}

/** Has the file system keep account from now on, if it does not already. */
export function enableQuotas(directory: number): void {
  ioctl(directory, QUOTA_CTL, new BigUint64Array([QUOTA_CTL_ENABLE, 0n]), 'BTRFS_IOC_QUOTA_CTL');
}

/** EEXIST */
export function createQuotaGroup(directory: number, group: bigint): void {
  ioctl(directory, QGROUP_CREATE, new BigUint64Array([1n, group]), 'BTRFS_IOC_QGROUP_CREATE');
}

/** EBUSY while it has members. */
export function destroyQuotaGroup(directory: number, group: bigint): void {
  ioctl(directory, QGROUP_CREATE, new BigUint64Array([0n, group]), 'BTRFS_IOC_QGROUP_CREATE');
}

/** Counts what a group has in another, of a higher level, too; or no more. */
export function assignQuotaGroup(directory: number, member: bigint, group: bigint, assigned: boolean): void {
  const request = new BigUint64Array([assigned ? 1n : 0n, member, group]);
  ioctl(directory, QGROUP_ASSIGN, request, 'BTRFS_IOC_QGROUP_ASSIGN');
}

/** @param bytes that may be referenced at most; undefined: as many as there are */
export function limitQuotaGroup(directory: number, group: bigint, bytes: bigint | undefined): void {
  // u64 qgroupid; struct { u64 flags, max_rfer, max_excl, rsv_rfer, rsv_excl; }
  const request = new BigUint64Array([group, LIMIT_MAX_RFER, bytes ?? NONE, 0n, 0n, 0n]);
  ioctl(directory, QGROUP_LIMIT, request, 'BTRFS_IOC_QGROUP_LIMIT');
}

/** The groups that a group is counted in. None while quotas are off. */
export function parentsOf(directory: number, group: bigint): bigint[] {
  return items(directory, { object: group, type: QGROUP_RELATION })
    .map(({ offset }) => offset)
    .filter((other) => levelOf(other) > levelOf(group));
}

/** What a group has, in bytes, and may have; absent: there is no limit. */
export interface QuotaAccount {
  readonly referenced: bigint;
  readonly exclusive: bigint;
  readonly referencedLimit?: bigint;
  readonly exclusiveLimit?: bigint;
}

/** Undefined when there is no such group, or quotas are off. */
export function quotaAccount(directory: number, group: bigint): QuotaAccount | undefined {
  const [information] = items(directory, { object: 0n, type: QGROUP_INFO, offset: group });
  if (information === undefined) return undefined;
  // u64 generation, rfer, rfer_cmpr, excl, excl_cmpr
  const referenced = information.data.readBigUInt64LE(8);
  const exclusive = information.data.readBigUInt64LE(24);
  const [limit] = items(directory, { object: 0n, type: QGROUP_LIMIT_ITEM, offset: group });
  if (limit === undefined) return { referenced, exclusive };
  // u64 flags, max_rfer, max_excl, …
  const flags = limit.data.readBigUInt64LE(0);
  return {
    referenced,
    exclusive,
    ...((flags & LIMIT_MAX_RFER) !== 0n && { referencedLimit: limit.data.readBigUInt64LE(8) }),
    ...((flags & LIMIT_MAX_EXCL) !== 0n && { exclusiveLimit: limit.data.readBigUInt64LE(16) }),
  };
}

/** Whether what groups have is being counted anew, and so is not known. */
export function isRescanning(directory: number): boolean {
  // u64 flags, progress, reserved[6]
  const status = new BigUint64Array(8);
  ioctl(directory, QUOTA_RESCAN_STATUS, status, 'BTRFS_IOC_QUOTA_RESCAN_STATUS');
  return status[0] !== 0n;
}

function items(directory: number, key: { object: bigint; type: number; offset?: bigint }) {
  try {
    return searchTree(directory, { ...key, tree: QUOTA_TREE });
  } catch (error) {
    // There is no such tree while quotas are off.
    if (error instanceof SystemError && error.code === 'ENOENT') return [];
    throw error;
  }
}

const LEVEL_SHIFT = 48n;
const QUOTA_TREE = 8n;
const QGROUP_INFO = 242;
const QGROUP_LIMIT_ITEM = 244;
const QGROUP_RELATION = 246;
const LIMIT_MAX_RFER = 1n;
const LIMIT_MAX_EXCL = 2n;
const NONE = 0xffff_ffff_ffff_ffffn;
const QUOTA_CTL_ENABLE = 1n;
const MAGIC = 0x94;
const QUOTA_CTL = ioctlRequest('read-write', MAGIC, 40, 16);
const QGROUP_ASSIGN = ioctlRequest('write', MAGIC, 41, 24);
const QGROUP_CREATE = ioctlRequest('write', MAGIC, 42, 16);
const QGROUP_LIMIT = ioctlRequest('read', MAGIC, 43, 48);
const QUOTA_RESCAN_STATUS = ioctlRequest('read', MAGIC, 45, 64);
