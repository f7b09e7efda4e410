import { closeSync, constants, fchmodSync, fstatSync } from 'node:fs';
import { failedWith } from '../../linux/error-number.ts';
import { lockFile } from '../../linux/file-lock.ts';
import { makeDirectory, openDirectory, removeFile } from '../../linux/files/directory-files.ts';
import { openPlainPath } from '../../linux/plain-path.ts';
import { about, ChangeError } from './change-error.ts';
import type { Host, Place } from './host.ts';

/** Something that nobody else who asks for it can do at the same time, until {@link release}. */
export interface Lock {
  release(): void;
}

/**
 * Locks an image against all who use or change images: systemd-nspawn, systemd-vmspawn, systemd-machined and we. There
 * are two locks, as systemd 262 has them: one beside the image, which others see who share the file system, and one by
 * its number on this host, which also those see who reach it by another path. An image in /dev has only the latter.
 * @param descriptor of the image
 * @throws ChangeError EBUSY while somebody else uses it, EROFS
 */
export function lockImage(host: Host, place: Place, descriptor: number): Lock {
  const stats = fstatSync(descriptor, { bigint: true });
  const isBlock = (Number(stats.mode) & constants.S_IFMT) === constants.S_IFBLK;
  const number = isBlock ? `block-${major(stats.rdev)}:${minor(stats.rdev)}` : `inode-${stats.dev}:${stats.ino}`;
  const beside = place.path === '/dev' || place.path.startsWith('/dev/');
  const local = beside ? undefined : lockByName(place.directory, Buffer.concat([PREFIX, place.name, SUFFIX]));
  try {
    const global = lockGlobally(host, number);
    return {
      release() {
        global.release();
        local?.release();
      },
    };
  } catch (error) {
    local?.release();
    throw error;
  }
}

/**
 * Locks a name that no image has yet, against all who want to give it to one.
 * @throws ChangeError EBUSY, ENAMETOOLONG
 */
export function lockName(host: Host, name: string): Lock {
  return lockGlobally(host, `name-${name}`);
}

/** A lock in the directory of all of this host, which is closed with it. */
function lockGlobally(host: Host, name: string): Lock {
  const directory = lockDirectory(host);
  try {
    const lock = lockByName(directory, Buffer.from(name));
    return {
      release() {
        lock.release();
        closeSync(directory);
      },
    };
  } catch (error) {
    closeSync(directory);
    throw error;
  }
}

/** The lock is the file's, which is there as long as it is held: whoever finds one that is not held may take it. */
function lockByName(directory: number, name: Buffer): Lock {
  for (;;) {
    const descriptor = open(directory, name);
    try {
      if (!lockFile(descriptor)) throw new ChangeError('EBUSY', 'it is in use');
      // Who held it before has removed it since it was opened: then it is nobody's lock any more.
      if (fstatSync(descriptor).nlink === 0) {
        closeSync(descriptor);
        continue;
      }
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    return {
      release() {
        removeFile(directory, name);
        closeSync(descriptor);
      },
    };
  }
}

function open(directory: number, name: Buffer): number {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NOCTTY;
  try {
    return openPlainPath(directory, name, flags, 0o600);
  } catch (error) {
    throw about(name.toString(), error);
  }
}

function lockDirectory(host: Host): number {
  let directory = host.directory('/run');
  for (const name of ['systemd', 'nspawn', 'locks'].map((each) => Buffer.from(each))) {
    try {
      makeDirectory(directory, name);
      // Of the others it is for all to know what is in them.
      if (name.toString() !== 'locks') makeReadable(directory, name);
    } catch (error) {
      if (!failedWith(error, 'EEXIST')) throw error;
    }
    const next = openDirectory(directory, name);
    closeSync(directory);
    directory = next;
  }
  return directory;
}

function makeReadable(directory: number, name: Buffer): void {
  const made = openDirectory(directory, name);
  fchmodSync(made, 0o755);
  closeSync(made);
}

// gnu_dev_major(3)
function major(device: bigint): bigint {
  return ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
}

function minor(device: bigint): bigint {
  return (device & 0xffn) | ((device >> 12n) & ~0xffn);
}

const PREFIX = Buffer.from('.#');
const SUFFIX = Buffer.from('.lck');
