import { closeSync } from 'node:fs';
import { enableQuotas, limitQuotaGroup, quotaGroup } from '../../linux/btrfs/quota-group.ts';
import { subtreeGroup } from '../../linux/btrfs/subtree-quota.ts';
import { isOnBtrfs, isSubvolume, subvolumeInformation } from '../../linux/btrfs/subvolume.ts';
import { openPlainDirectory } from '../../linux/plain-path.ts';
import { ChangeError, UnsupportedChange } from './change-error.ts';
import type { Host } from './host.ts';
import type { ChangedImage } from './job.ts';
import { makeSubtreeGroup } from './quota.ts';

/** @throws ChangeError EOPNOTSUPP for what is no subvolume, ENOTCONN while quotas are off */
export function setLimit(host: Host, image: ChangedImage, limit: bigint | undefined): void {
  if (image.type !== 'subvolume') throw new ChangeError('EOPNOTSUPP', `${image.name} is no subvolume of btrfs`);
  const { directory, name } = host.placeOf(image);
  const subvolume = openPlainDirectory(directory, name);
  const { id } = subvolumeInformation(subvolume);
  // Of itself, too, as programs look for it there.
  tryTo(() => limitQuotaGroup(subvolume, quotaGroup(0, id), limit));
  tryTo(() => makeSubtreeGroup(subvolume));
  limitQuotaGroup(subvolume, subtreeGroup(subvolume, id), limit);
}

/**
 * Limits all images together. Has the file system keep account first.
 * @throws UnsupportedChange, ChangeError
 */
export function setPoolLimit(host: Host, limit: bigint | undefined): void {
  const pool = host.pool();
  if (!isOnBtrfs(pool)) throw new UnsupportedChange('Quota is only supported on btrfs.');
  if (!isSubvolume(pool)) throw new ChangeError('ENOTTY', 'the pool of images is no subvolume of btrfs');
  enableQuotas(pool);
  tryTo(() => makeSubtreeGroup(pool));
  const { id } = subvolumeInformation(pool);
  tryTo(() => limitQuotaGroup(pool, quotaGroup(0, id), limit));
  limitQuotaGroup(pool, subtreeGroup(pool, id), limit);
  closeSync(pool);
}

function tryTo(act: () => void): void {
  try {
    act();
  } catch {
    // What matters comes after it, and fails then.
  }
}
