import { closeSync, fchmodSync } from 'node:fs';
import { createSubvolume, isOnBtrfs, isSubvolume, setSubvolumeReadOnly } from '../../linux/btrfs/subvolume.ts';
import { failedWith } from '../../linux/error-number.ts';
import { createFile, lookUpFile, makeDirectory, openDirectory, renameFile } from '../../linux/files/directory-files.ts';
import { inodeFlags, setInodeFlag } from '../../linux/inode-flags.ts';
import { about, ChangeError } from './change-error.ts';
import { cloneCompanions } from './companions.ts';
import type { CopyTrees } from './copy-tree.ts';
import { copyCreationTime } from './creation-time.ts';
import { type Host, LOOK_INTO } from './host.ts';
import { lockName } from './image-lock.ts';
import type { ChangedImage } from './job.ts';
import { openImage } from './open-image.ts';
import { makeSubtreeGroup } from './quota.ts';
import { removeTree } from './remove-tree.ts';
import { refuseTaken } from './rename.ts';
import { completeSnapshot, takeSnapshot } from './snapshot.ts';
import { makeTemporary, type Temporary } from './temporary.ts';

/**
 * Makes a copy of an image in the pool. On btrfs that of a directory is a subvolume. It has a name that no image can
 * have until it is whole. The image may be in use meanwhile, as with systemd 262.
 * @throws ChangeError EEXIST, EBUSY while somebody else makes an image of that name, EOPNOTSUPP for what cannot be copied,
 * ENOSPC …
 */
export function cloneImage(
  host: Host,
  image: ChangedImage,
  newName: string,
  readOnly: boolean,
  trees: CopyTrees,
): void {
  const { type, name } = image;
  if (type === 'block' || type === 'mstack') throw new ChangeError('EOPNOTSUPP', `${name} is of type ${type}`);
  const nameLock = lockName(host, newName);
  const pool = host.pool();
  try {
    refuseTaken(host, newName);
    const file = Buffer.from(type === 'raw' ? `${newName}.raw` : newName);
    // Now, and not only after all has been copied.
    if (isThere(pool, file)) throw new ChangeError('EEXIST', file.toString());
    const place = host.placeOf(image);
    const source = openImage(place, type, LOOK_INTO);
    const clone: Clone = { source, pool, file, readOnly, trees };
    if (type === 'raw') cloneFile(clone);
    else cloneDirectory(clone);
    cloneCompanions(host, place, name, pool, newName, (from, to) => trees.copyContent(from, to));
  } finally {
    nameLock.release();
    closeSync(pool);
  }
}

interface Clone {
  /** Descriptors of what is copied, and of the directory where it goes. */
  readonly source: number;
  readonly pool: number;
  readonly file: Buffer;
  readonly readOnly: boolean;
  readonly trees: CopyTrees;
}

function cloneFile({ source, pool, file, readOnly, trees }: Clone): void {
  const { name: temporary, descriptor: copy } = makeTemporary(pool, (name) => createFile(pool, name));
  try {
    trees.copyContent(source, copy);
    fchmodSync(copy, readOnly ? 0o444 : 0o644);
    copyCreationTime(source, copy);
    renameFile(pool, temporary, file, false);
  } catch (error) {
    removeTree(pool, temporary);
    throw error;
  } finally {
    closeSync(copy);
  }
}

function cloneDirectory(clone: Clone): void {
  const { source, pool, file, readOnly, trees } = clone;
  const taken = isOnBtrfs(pool) && isSubvolume(source) ? trySnapshot(clone) : undefined;
  const { name: temporary, descriptor: copy } = taken ?? makeTemporary(pool, (name) => makeEmpty(pool, name));
  try {
    if (taken !== undefined) completeSnapshot(source, copy, readOnly);
    else {
      trees.copyTree(source, copy);
      if (isSubvolume(copy)) {
        tryTo(() => makeSubtreeGroup(copy));
        if (readOnly) setSubvolumeReadOnly(copy, true);
      }
    }
    renameFile(pool, temporary, file, false);
    // What has this flag cannot be renamed.
    if (readOnly && !isSubvolume(copy)) makeImmutable(copy, pool, file);
  } catch (error) {
    if (isThere(pool, temporary)) removeTree(pool, temporary);
    throw error;
  } finally {
    closeSync(copy);
  }
}

/** Undefined where the two are not in one file system. */
function trySnapshot({ source, pool }: Clone): Temporary | undefined {
  try {
    return makeTemporary(pool, (name) => takeSnapshot(source, pool, name));
  } catch (error) {
    if (failedWith(error, 'EXDEV')) return undefined;
    throw error;
  }
}

/** A subvolume where there can be one, else a directory: its descriptor. */
function makeEmpty(pool: number, name: Buffer): number {
  if (isOnBtrfs(pool)) createSubvolume(pool, name);
  else makeDirectory(pool, name);
  return openDirectory(pool, name);
}

function makeImmutable(copy: number, pool: number, file: Buffer): void {
  try {
    setInodeFlag(copy, inodeFlags.immutable, true);
  } catch (error) {
    // What was asked for cannot be had on this file system.
    removeTree(pool, file);
    throw about('an image of this kind cannot be made read-only', error);
  }
}

function isThere(directory: number, name: Buffer): boolean {
  try {
    closeSync(lookUpFile(directory, name));
    return true;
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return false;
    throw about(name.toString(), error);
  }
}

function tryTo(act: () => void): void {
  try {
    act();
  } catch {
    // While quotas are off there are no groups.
  }
}
