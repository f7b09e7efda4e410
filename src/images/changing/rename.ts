import { closeSync } from 'node:fs';
import { inodeFlags, readInodeFlags, setInodeFlag } from '../../linux/inode-flags.ts';
import { moveFile } from '../../linux/plain-path.ts';
import { findImage } from '../reading/discover.ts';
import { about, ChangeError } from './change-error.ts';
import { renameCompanions } from './companions.ts';
import { type Host, LOOK_INTO } from './host.ts';
import { lockImage, lockName } from './image-lock.ts';
import type { ChangedImage } from './job.ts';
import { openImage } from './open-image.ts';

/**
 * Gives an image another name, where it is.
 * @throws ChangeError EBUSY, EEXIST for a name that another image has, in whatever directory
 */
export function renameImage(host: Host, image: ChangedImage, newName: string): void {
  const { type } = image;
  if (type === 'mstack') throw new ChangeError('EOPNOTSUPP', `${image.name} is made of layers`);
  const place = host.placeOf(image);
  // A device is not opened, which it might notice.
  const descriptor = openImage(place, type, type === 'block' ? undefined : LOOK_INTO);
  const lock = lockImage(host, place, descriptor);
  try {
    const nameLock = lockName(host, newName);
    try {
      refuseTaken(host, newName);
      const newFile = Buffer.from(type === 'raw' ? `${newName}.raw` : newName);
      const move = (): void => moveFile(place.directory, place.name, place.directory, newFile);
      if (type === 'directory') whileMutable(descriptor, move);
      else move();
      renameCompanions(host, place, image.name, newName);
    } catch (error) {
      throw about(newName, error);
    } finally {
      nameLock.release();
    }
  } finally {
    lock.release();
    closeSync(descriptor);
    closeSync(place.directory);
  }
}

/** To be asked with the name locked. @throws ChangeError EEXIST */
export function refuseTaken(host: Host, newName: string): void {
  if (findImage(host.root, newName) !== undefined) throw new ChangeError('EEXIST', newName);
}

/** A directory that may not be changed cannot be renamed either. */
export function whileMutable(descriptor: number, act: () => void): void {
  const immutable = (readInodeFlags(descriptor) & inodeFlags.immutable) !== 0;
  if (immutable) setInodeFlag(descriptor, inodeFlags.immutable, false);
  try {
    act();
  } finally {
    if (immutable) setInodeFlag(descriptor, inodeFlags.immutable, true);
  }
}
