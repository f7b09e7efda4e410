import { closeSync, constants, fchmodSync, fstatSync } from 'node:fs';
import { setBlockDeviceReadOnly } from '../../linux/block-device.ts';
import { setSubvolumeReadOnly } from '../../linux/btrfs/subvolume.ts';
import { inodeFlags, setInodeFlag } from '../../linux/inode-flags.ts';
import { ChangeError } from './change-error.ts';
import { type Host, LOOK_INTO } from './host.ts';
import { lockImage } from './image-lock.ts';
import type { ChangedImage } from './job.ts';
import { openImage } from './open-image.ts';

/**
 * Makes an image read-only or writable. Of a plain directory only its top, by the flag that keeps it from being changed;
 * of a subvolume that alone, and not those in it (systemd 262).
 * @throws ChangeError EBUSY, EOPNOTSUPP
 */
export function markReadOnly(host: Host, image: ChangedImage, readOnly: boolean): void {
  const place = host.placeOf(image);
  const descriptor = openImage(place, image.type, LOOK_INTO);
  const lock = lockImage(host, place, descriptor);
  try {
    mark(descriptor, image, readOnly);
  } finally {
    lock.release();
    closeSync(descriptor);
    closeSync(place.directory);
  }
}

function mark(descriptor: number, { name, type }: ChangedImage, readOnly: boolean): void {
  switch (type) {
    case 'subvolume':
      setSubvolumeReadOnly(descriptor, readOnly);
      break;
    case 'directory':
      setInodeFlag(descriptor, inodeFlags.immutable, readOnly);
      break;
    case 'raw':
      fchmodSync(descriptor, (fstatSync(descriptor).mode & READABLE) | (readOnly ? 0 : constants.S_IWUSR));
      break;
    case 'block':
      setBlockDeviceReadOnly(descriptor, readOnly);
      break;
    case 'mstack':
      throw new ChangeError('EOPNOTSUPP', `${name} is made of layers`);
  }
}

const READABLE = 0o444;
