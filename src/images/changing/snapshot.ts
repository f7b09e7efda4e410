import { closeSync } from 'node:fs';
import {
  isSubvolume,
  type NestedSubvolume,
  nestedSubvolumes,
  setSubvolumeReadOnly,
  snapshotSubvolume,
  subvolumeInformation,
} from '../../linux/btrfs/subvolume.ts';
import { failedWith } from '../../linux/error-number.ts';
import { openDirectory, removeDirectory } from '../../linux/files/directory-files.ts';
import { openPlainDirectory } from '../../linux/plain-path.ts';
import { copyLimits, makeSubtreeGroup } from './quota.ts';

/**
 * Makes a snapshot of a subvolume, in which those in it are empty directories ({@link completeSnapshot}).
 * @param source a descriptor @returns a descriptor of the snapshot
 * @throws SystemError EXDEV where the two are not in one file system
 */
export function takeSnapshot(source: number, directory: number, name: Buffer): number {
  snapshotSubvolume(source, directory, name);
  return openDirectory(directory, name);
}

/**
 * Adds those in the subvolume, and the limits that it has.
 * @param source a descriptor @param copy a descriptor of the snapshot
 * @throws SystemError; what was made by then is there
 */
export function completeSnapshot(source: number, copy: number, readOnly: boolean): void {
  const copies = [...copyNested(source, copy, subvolumeInformation(copy).id), copy];
  try {
    makeSubtreeGroup(copy);
    copyLimits(source, copy);
  } catch {
    // While quotas are off there are no groups.
  }
  for (const each of copies) {
    if (readOnly) setSubvolumeReadOnly(each, true);
    if (each !== copy) closeSync(each);
  }
}

/**
 * @param own the snapshot itself: of `.host` it may be below its source, and would have no end
 * @returns descriptors of those that were made, each before the one that it is in
 */
function copyNested(source: number, copy: number, own: bigint): number[] {
  const copies: number[] = [];
  for (const nested of nestedSubvolumes(source)) {
    const from = openNested(source, nested);
    if (from === undefined) continue;
    try {
      const into = openPlainDirectory(copy, below(nested));
      // Where one is in the source there is an empty directory in the snapshot.
      removeDirectory(into, nested.name);
      if (nested.id !== own) {
        snapshotSubvolume(from, into, nested.name);
        const made = openDirectory(into, nested.name);
        copies.push(...copyNested(from, made, own), made);
      }
      closeSync(into);
    } finally {
      closeSync(from);
    }
  }
  return copies;
}

/** Undefined when somebody has moved or removed it meanwhile. */
function openNested(source: number, nested: NestedSubvolume): number | undefined {
  try {
    const directory = openPlainDirectory(source, below(nested));
    const found = openDirectory(directory, nested.name);
    closeSync(directory);
    if (isSubvolume(found) && subvolumeInformation(found).id === nested.id) return found;
    closeSync(found);
  } catch (error) {
    if (!failedWith(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
  }
  return undefined;
}

function below({ directory }: NestedSubvolume): Buffer {
  return Buffer.concat([Buffer.from('./'), directory]);
}
