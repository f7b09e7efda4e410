import { closeSync, constants, openSync } from 'node:fs';
import { subtreeAccount } from '../../linux/btrfs/subtree-quota.ts';
import { isSubvolume, subvolumeInformation } from '../../linux/btrfs/subvolume.ts';
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
    const quota = subtreeAccount(opened, subvolumeInformation(opened).id);
    return {
      path: poolPath,
      ...(quota && { usage: quota.referenced }),
      ...(quota?.referencedLimit !== undefined && { limit: quota.referencedLimit }),
    };
  } catch {
    // As systemd 262: what is not known is not told.
    return { path: poolPath };
  } finally {
    for (const descriptor of [fd, opened]) if (descriptor >= 0) closeSync(descriptor);
  }
}
