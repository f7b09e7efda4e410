/** The extended attributes by which the kernel tells access control lists (acl(5)). */
export const ACCESS_LIST = 'system.posix_acl_access';
export const DEFAULT_LIST = 'system.posix_acl_default';

/**
 * A list with its users and groups changed; entries of those that nobody is on the other side are left out. Undefined
 * for one that is not as linux/posix_acl_xattr.h has it.
 */
export function shiftList(
  list: Buffer,
  user: (uid: number) => number | undefined,
  group: (gid: number) => number | undefined,
): Buffer | undefined {
  if (list.length < HEADER || list.readUInt32LE(0) !== VERSION || (list.length - HEADER) % ENTRY !== 0)
    return undefined;
  const entries = entriesOf(list).flatMap((entry) => {
    const tag = entry.readUInt16LE(0);
    if (tag !== USER && tag !== GROUP) return [entry];
    const id = (tag === USER ? user : group)(entry.readUInt32LE(4));
    if (id === undefined) return [];
    const shifted = Buffer.from(entry);
    shifted.writeUInt32LE(id, 4);
    return [shifted];
  });
  return Buffer.concat([list.subarray(0, HEADER), ...entries]);
}

/**
 * The permissions that the mode is to have where the list cannot be kept: what a mode shows as those of the group is
 * the most that anybody in the list has, so that without it the group would get what was somebody else's.
 */
export function modeWithout(list: Buffer, mode: number): number {
  const own = entriesOf(list).find((entry) => entry.readUInt16LE(0) === GROUP_OBJ);
  return own === undefined ? mode : mode & (~0o070 | ((own.readUInt16LE(2) & 0o7) << 3));
}

function entriesOf(list: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  for (let start = HEADER; start + ENTRY <= list.length; start += ENTRY) {
    entries.push(list.subarray(start, start + ENTRY));
  }
  return entries;
}

// struct { uint32_t version; struct { uint16_t tag, permissions; uint32_t id; } entries[]; }
const HEADER = 4;
const ENTRY = 8;
const VERSION = 2;
const USER = 0x02;
const GROUP_OBJ = 0x04;
const GROUP = 0x08;
