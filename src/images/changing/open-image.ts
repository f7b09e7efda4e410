import { closeSync, constants, fstatSync } from 'node:fs';
import { lookUpFile, reopenFile } from '../../linux/files/directory-files.ts';
import type { ImageType } from '../../machine/images.ts';
import { about, ChangeError } from './change-error.ts';
import type { Place } from './host.ts';

/**
 * Opens an image, or only looks it up.
 * @param flags of open(2), for images that are not only looked up
 * @throws ChangeError ENOENT, ESTALE for what is not of that type any more
 */
export function openImage({ directory, name }: Place, type: ImageType, flags?: number): number {
  let found: number;
  try {
    // The root itself has no name in a directory.
    found = name.length === 0 ? reopenFile(directory, constants.O_RDONLY) : lookUpFile(directory, name);
  } catch (error) {
    throw about(name.toString(), error);
  }
  // Before it is opened: to open a device that somebody has put there can do anything.
  if ((fstatSync(found).mode & constants.S_IFMT) !== formats[type]) throw new ChangeError('ESTALE', name.toString());
  if (flags === undefined) return found;
  try {
    return reopenFile(found, flags);
  } finally {
    closeSync(found);
  }
}

const formats: Readonly<Record<ImageType, number>> = {
  directory: constants.S_IFDIR,
  subvolume: constants.S_IFDIR,
  mstack: constants.S_IFDIR,
  raw: constants.S_IFREG,
  block: constants.S_IFBLK,
};
