import { ioctl, ioctlRequest } from '../ioctl.ts';

/** Which items of a tree of the file system are meant. */
export interface TreeKey {
  readonly tree: bigint;
  readonly object: bigint;
  readonly type: number;
  /** Absent: whatever it is. */
  readonly offset?: bigint;
}

/** An item of a tree, as it is on disk (little endian). */
export interface TreeItem {
  readonly offset: bigint;
  readonly data: Buffer;
}

/**
 * Items of a tree of btrfs (BTRFS_IOC_TREE_SEARCH), which takes CAP_SYS_ADMIN. Throws a SystemError: ENOENT for a tree
 * that there is not.
 */
export function searchTree(directory: number, key: TreeKey): TreeItem[] {
  const found: TreeItem[] = [];
  const last = key.offset ?? GREATEST;
  // struct { u64 tree, object, object, offset, offset, transid, transid; u32 type, type, count, unused; u64 unused[4]; }
  const request = Buffer.alloc(4096);
  for (let offset = key.offset ?? 0n; ; ) {
    request.fill(0);
    const numbers = [key.tree, key.object, key.object, offset, last, 0n, GREATEST];
    for (const [index, value] of numbers.entries()) request.writeBigUInt64LE(value, 8 * index);
    for (const [index, value] of [key.type, key.type, AT_ONCE].entries()) request.writeUInt32LE(value, 56 + 4 * index);
    ioctl(directory, TREE_SEARCH, request, 'BTRFS_IOC_TREE_SEARCH');
    const count = request.readUInt32LE(64);
    let position = HEADER;
    for (let index = 0; index < count; index++) {
      // struct { u64 transid, object, offset; u32 type, length; }, and the data after it
      const length = request.readUInt32LE(position + 28);
      const data = Buffer.from(request.subarray(position + 32, position + 32 + length));
      found.push({ offset: request.readBigUInt64LE(position + 16), data });
      position += 32 + length;
    }
    const end = found.at(-1)?.offset ?? last;
    if (count === 0 || end >= last) return found;
    offset = end + 1n;
  }
}

const GREATEST = 0xffff_ffff_ffff_ffffn;
const HEADER = 104;
const AT_ONCE = 256;
const TREE_SEARCH = ioctlRequest('read-write', 0x94, 17, 4096);
