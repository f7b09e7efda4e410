import {
  assignQuotaGroup,
  createQuotaGroup,
  destroyQuotaGroup,
  levelOf,
  limitQuotaGroup,
  parentsOf,
  quotaAccount,
  quotaGroup,
  subvolumeOf,
} from '../../linux/btrfs/quota-group.ts';
import { subtreeGroup } from '../../linux/btrfs/subtree-quota.ts';
import { subvolumeInformation } from '../../linux/btrfs/subvolume.ts';
import { failedWith } from '../../linux/error-number.ts';

/**
 * Groups as systemd 262 makes them: each image that is a subvolume has, besides the group of its own, one of a higher
 * level with the same number for itself and what is in it, and that is in the group of the pool. All throw a
 * SystemError, ENOTCONN while quotas are off.
 */

/** The highest level that there is. */
const HIGHEST = 255;

/** Makes the group of a subvolume and what is below it, if it is in no group yet. @param subvolume a descriptor */
export function makeSubtreeGroup(subvolume: number): void {
  const { id, parentId } = subvolumeInformation(subvolume);
  const own = quotaGroup(0, id);
  if (parentsOf(subvolume, own).length > 0) return;
  const above = parentId === 0n ? [] : parentsOf(subvolume, quotaGroup(0, parentId));
  const level = Math.min(HIGHEST + 1, ...above.map(levelOf)) - 1;
  if (level < 1) throw new RangeError('there is no level left for a quota group');
  const group = quotaGroup(level, id);
  try {
    createQuotaGroup(subvolume, group);
  } catch (error) {
    if (!failedWith(error, 'EEXIST')) throw error;
  }
  for (const parent of above) assignQuotaGroup(subvolume, group, parent, true);
  assignQuotaGroup(subvolume, own, group, true);
}

/** Gives a subvolume the limits that another has. @param copy a descriptor, as `source` */
export function copyLimits(source: number, copy: number): void {
  const [from, to] = [subvolumeInformation(source).id, subvolumeInformation(copy).id];
  const pairs: [bigint, bigint][] = [
    [quotaGroup(0, from), quotaGroup(0, to)],
    [subtreeGroup(source, from), subtreeGroup(copy, to)],
  ];
  for (const [group, other] of pairs) {
    const limit = quotaAccount(source, group)?.referencedLimit;
    if (limit !== undefined) limitQuotaGroup(copy, other, limit);
  }
}

/** Removes the groups of a subvolume that is gone. What cannot be removed is removed by the kernel, or is in nobody's way. */
export function destroyQuotaGroups(directory: number, id: bigint): void {
  const own = quotaGroup(0, id);
  try {
    for (const parent of parentsOf(directory, own)) {
      assignQuotaGroup(directory, own, parent, false);
      if (subvolumeOf(parent) === id) destroyParent(directory, parent);
    }
    destroyQuotaGroup(directory, own);
  } catch {
    // Quotas are off, or the kernel is still at the removal and keeps the group for as long.
  }
}

function destroyParent(directory: number, group: bigint): void {
  for (const parent of parentsOf(directory, group)) assignQuotaGroup(directory, group, parent, false);
  destroyQuotaGroup(directory, group);
}
