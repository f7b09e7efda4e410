import { closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFile } from '../../linux/files/directory-files.ts';
import { inodeFlags, readInodeFlags, setInodeFlag } from '../../linux/inode-flags.ts';
import { moveFile } from '../../linux/plain-path.ts';
import { ChangeError } from './change-error.ts';
import { removeCompanions } from './companions.ts';
import { type Host, LOOK_INTO, type Place } from './host.ts';
import { lockImage } from './image-lock.ts';
import type { ChangedImage } from './job.ts';
import { openImage } from './open-image.ts';
import { removeTree } from './remove-tree.ts';
import { holdTemporary, temporaryName } from './temporary.ts';

/**
 * Removes an image and what belongs to it. A device in /dev stays.
 * @throws ChangeError EBUSY, ENOTEMPTY while something is mounted in it. When it fails half way the image is there, with
 * what is left of it.
 */
export function removeImage(host: Host, image: ChangedImage): void {
  const place = host.placeOf(image);
  const isFile = image.type === 'raw' || image.type === 'block';
  const descriptor = openImage(place, image.type, isFile ? undefined : LOOK_INTO);
  const lock = lockImage(host, place, descriptor);
  try {
    if (!isFile) removeDirectoryImage(host, image, place, descriptor);
    else if (!isDevicePath(image.path)) removeFile(place.directory, place.name);
    removeCompanions(host, place, image.name);
  } finally {
    lock.release();
    closeSync(descriptor);
    closeSync(place.directory);
  }
}

/** Takes it out of sight first, so that nobody sees half of it, and what is left is swept should this process be killed. */
function removeDirectoryImage(host: Host, image: ChangedImage, place: Place, descriptor: number): void {
  const mounted = mountBelow(host, image.path);
  if (mounted !== undefined) throw new ChangeError('ENOTEMPTY', `${mounted} is a mount point`);
  const immutable = (readInodeFlags(descriptor) & inodeFlags.immutable) !== 0;
  if (immutable) setInodeFlag(descriptor, inodeFlags.immutable, false);
  const temporary = temporaryName();
  try {
    holdTemporary(descriptor);
    moveFile(place.directory, place.name, place.directory, temporary);
    try {
      removeTree(place.directory, temporary);
    } catch (error) {
      moveFile(place.directory, temporary, place.directory, place.name);
      throw error;
    }
  } catch (error) {
    if (immutable) setInodeFlag(descriptor, inodeFlags.immutable, true);
    throw error;
  }
}

/** A mount point at a path or below it, if there is one (proc_pid_mountinfo(5)). */
function mountBelow({ mounts: { file, prefix } }: Host, path: string): string | undefined {
  const whole = join(prefix, path);
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const [, , , , point] = line.split(' ');
    if (point === undefined) continue;
    const bytes = point.replace(/\\([0-7]{3})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 8)),
    );
    const mount = Buffer.from(bytes, 'latin1').toString();
    if (mount === whole || mount.startsWith(`${whole}/`)) return mount;
  }
  return undefined;
}

function isDevicePath(path: string): boolean {
  return path.startsWith('/dev/');
}
