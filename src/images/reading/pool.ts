import { closeSync, constants, openSync } from 'node:fs';
import { isSubvolume, subvolumeOf } from '../../linux/btrfs.ts';
import { subtreeQuota } from '../../linux/btrfs-quota.ts';
import type { RootDirectory } from '../../linux/root-directory.ts';
import type { ImagePool } from '../../machine/images.ts';
import { poolPath } from './search-path.ts';

/** Where images are kept. There is an account of it where it is a subvolume of btrfs(5) with quota. */
export function readPool(root: RootDirectory): ImagePool {
  let fd = -1;
  let opened = -1;
  try {
    fd = root.find(poolPath);
    if (!isSubvolume(fd)) return { path: poolPath };
    opened = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_DIRECTORY);
    const quota = subtreeQuota(opened, subvolumeOf(opened).id);
    return {
      path: poolPath,
      ...(quota && { usage: quota.referenced }),
      ...(quota?.maximumReferenced !== undefined && { limit: quota.maximumReferenced }),
    };
  } catch {
    // As systemd 262: what is not known is not told.
    return { path: poolPath };
  } finally {
    for (const descriptor of [fd, opened]) if (descriptor >= 0) closeSync(descriptor);
  }
}
