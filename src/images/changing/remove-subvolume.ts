import { closeSync } from 'node:fs';
import {
  destroySubvolume,
  isSubvolume,
  nestedSubvolumes,
  setSubvolumeReadOnly,
  subvolumeInformation,
} from '../../linux/btrfs/subvolume.ts';
import { failedWith } from '../../linux/error-number.ts';
import { openPlainDirectory } from '../../linux/plain-path.ts';
import { destroyQuotaGroups } from './quota.ts';

/** How often subvolumes are looked for that somebody makes meanwhile. */
const ROUNDS = 4;

/**
 * Removes a subvolume and those that are in it, whether they may be written to or not, and the quota groups that were
 * made for them.
 * @param directory that it is in @param subvolume a descriptor of it
 * @throws SystemError ENOTEMPTY, EPERM without CAP_SYS_ADMIN
 */
export function removeSubvolume(directory: number, name: Buffer, subvolume: number): void {
  const { id } = subvolumeInformation(subvolume);
  // What is in it cannot be removed from it otherwise.
  setSubvolumeReadOnly(subvolume, false);
  for (let round = 1; ; round++) {
    for (const nested of nestedSubvolumes(subvolume)) removeNested(subvolume, nested);
    try {
      destroySubvolume(directory, name);
      break;
    } catch (error) {
      if (round >= ROUNDS || !failedWith(error, 'ENOTEMPTY')) throw error;
    }
  }
  destroyQuotaGroups(directory, id);
}

function removeNested(subvolume: number, nested: ReturnType<typeof nestedSubvolumes>[number]): void {
  let directory = -1;
  let found = -1;
  try {
    directory = openPlainDirectory(subvolume, Buffer.concat([Buffer.from('./'), nested.directory]));
    found = openPlainDirectory(directory, nested.name);
    // Somebody may have moved it, and put something else there.
    if (isSubvolume(found) && subvolumeInformation(found).id === nested.id) {
      removeSubvolume(directory, nested.name, found);
    }
  } catch (error) {
    if (!failedWith(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
  } finally {
    for (const descriptor of [directory, found]) if (descriptor >= 0) closeSync(descriptor);
  }
}
