import { ioctl } from './ioctl.ts';
import { SystemError } from './libc.ts';

/** What a quota group of btrfs(5) keeps account of, in bytes. */
export interface QuotaGroup {
  /** What can be reached from its subvolumes. */
  readonly referenced: bigint;
  /** What only they have. */
  readonly exclusive: bigint;
  /** The most that either may be; absent: as much as there is. */
  readonly maximumReferenced?: bigint;
  readonly maximumExclusive?: bigint;
}

/**
 * The account that is kept of a subvolume and what is below it: the group of its own number of the highest level of
 * those that it is in, else its own group (level 0). As systemd 262 chooses it, and makes it.
 * @param fd of a directory in that file system, that can be read from
 * @returns undefined where no account is kept, or one is only being made
 * @throws SystemError EPERM without CAP_SYS_ADMIN
 */
export function subtreeQuota(fd: number, subvolume: bigint): QuotaGroup | undefined {
  const tree = quotaTree(fd);
  if (tree === undefined) return undefined;
  let chosen: bigint | undefined;
  for (const parent of tree.parents(subvolume)) {
    const sameNumber = (parent & LEVEL_MASK) === subvolume;
    if (sameNumber && (chosen === undefined || parent > chosen)) chosen = parent;
  }
  return tree.group(chosen ?? subvolume);
}

/** The tree in which a file system keeps its quota groups; undefined where it has none, or counts anew. */
function quotaTree(fd: number): QuotaTree | undefined {
  if (isRescanning(fd)) return undefined;
  try {
    return new QuotaTree(search(fd));
  } catch (error) {
    // There is no such tree.
    if (error instanceof SystemError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

interface Item {
  readonly objectId: bigint;
  readonly type: number;
  readonly offset: bigint;
  readonly data: Buffer;
}

class QuotaTree {
  readonly #items: readonly Item[];

  constructor(items: readonly Item[]) {
    this.#items = items;
  }

  /** The groups that a group is in. */
  parents(group: bigint): bigint[] {
    // Each relation is there twice, in both directions.
    const relations = this.#items.filter(({ type, objectId }) => type === QGROUP_RELATION && objectId === group);
    return relations.map(({ offset }) => offset).filter((other) => other >> LEVEL_SHIFT > group >> LEVEL_SHIFT);
  }

  group(id: bigint): QuotaGroup | undefined {
    const info = this.#items.find(({ type, offset }) => type === QGROUP_INFO && offset === id)?.data;
    if (info === undefined) return undefined;
    const limit = this.#items.find(({ type, offset }) => type === QGROUP_LIMIT && offset === id)?.data;
    const flags = limit?.readBigUInt64LE(0) ?? 0n;
    return {
      referenced: info.readBigUInt64LE(8),
      exclusive: info.readBigUInt64LE(24),
      ...(limit && (flags & LIMIT_MAX_REFERENCED) !== 0n && { maximumReferenced: limit.readBigUInt64LE(8) }),
      ...(limit && (flags & LIMIT_MAX_EXCLUSIVE) !== 0n && { maximumExclusive: limit.readBigUInt64LE(16) }),
    };
  }
}

/** All of the quota tree, a page of items at a time. Groups are few: one for each subvolume, and those above. */
function search(fd: number): Item[] {
  const found: Item[] = [];
  let from = { objectId: 0n, type: 0, offset: 0n };
  for (;;) {
    const page = searchPage(fd, from);
    found.push(...page);
    const last = page.at(-1);
    if (last === undefined) return found;
    const end = last.offset === MAXIMUM && last.type === 255;
    from = end
      ? { objectId: last.objectId + 1n, type: 0, offset: 0n }
      : last.offset === MAXIMUM
        ? { objectId: last.objectId, type: last.type + 1, offset: 0n }
        : { objectId: last.objectId, type: last.type, offset: last.offset + 1n };
  }
}

/** struct btrfs_ioctl_search_args: a key of what is looked for, then items behind headers. */
function searchPage(fd: number, from: { objectId: bigint; type: number; offset: bigint }): Item[] {
  const args = Buffer.alloc(4096);
  args.writeBigUInt64LE(QUOTA_TREE, 0);
  args.writeBigUInt64LE(from.objectId, 8);
  args.writeBigUInt64LE(MAXIMUM, 16);
  args.writeBigUInt64LE(from.offset, 24);
  args.writeBigUInt64LE(MAXIMUM, 32);
  args.writeBigUInt64LE(MAXIMUM, 48);
  args.writeUInt32LE(from.type, 56);
  args.writeUInt32LE(255, 60);
  args.writeUInt32LE(256, 64);
  ioctl(fd, BTRFS_IOC_TREE_SEARCH, args, 'BTRFS_IOC_TREE_SEARCH');
  const items: Item[] = [];
  let at = KEY_SIZE;
  for (let count = args.readUInt32LE(64); count > 0; count--) {
    const length = args.readUInt32LE(at + 28);
    items.push({
      objectId: args.readBigUInt64LE(at + 8),
      offset: args.readBigUInt64LE(at + 16),
      type: args.readUInt32LE(at + 24),
      data: args.subarray(at + HEADER_SIZE, at + HEADER_SIZE + length),
    });
    at += HEADER_SIZE + length;
  }
  return items;
}

function isRescanning(fd: number): boolean {
  const status = Buffer.alloc(64);
  ioctl(fd, BTRFS_IOC_QUOTA_RESCAN_STATUS, status, 'BTRFS_IOC_QUOTA_RESCAN_STATUS');
  return status.readBigUInt64LE(0) !== 0n;
}

// linux/btrfs.h, linux/btrfs_tree.h
const BTRFS_IOC_TREE_SEARCH = 0xd0009411;
const BTRFS_IOC_QUOTA_RESCAN_STATUS = 0x8040942d;
const KEY_SIZE = 104;
const HEADER_SIZE = 32;
const QUOTA_TREE = 8n;
const QGROUP_INFO = 242;
const QGROUP_LIMIT = 244;
const QGROUP_RELATION = 246;
const LIMIT_MAX_REFERENCED = 1n;
const LIMIT_MAX_EXCLUSIVE = 2n;
const LEVEL_SHIFT = 48n;
const LEVEL_MASK = (1n << LEVEL_SHIFT) - 1n;
const MAXIMUM = 0xffff_ffff_ffff_ffffn;
