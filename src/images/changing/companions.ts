import { closeSync, constants, fchmodSync, fstatSync } from 'node:fs';
import { createFile, lookUpFile, removeFile, renameFile, reopenFile } from '../../linux/files/directory-files.ts';
import { moveFile } from '../../linux/plain-path.ts';
import { ChangeError } from './change-error.ts';
import type { Host, Place } from './host.ts';
import { makeTemporary } from './temporary.ts';

/** Where settings of systemd-nspawn are (systemd.nspawn(5)), besides the image's own directory. */
const settingsDirectories = ['/etc/systemd/nspawn', '/run/systemd/nspawn', '/usr/lib/systemd/nspawn'];

/** What can be beside an image, of its name: settings, hashes with their signatures, the state of a VM (systemd 262). */
const endings = [
  ...['.nspawn', '.oci-config', '.roothash', '.roothash.p7s', '.usrhash', '.usrhash.p7s', '.verity'],
  ...['.raw.tpmstate', '.raw.efinvramstate'],
];

/**
 * Files that belong to an image without being it. What of them cannot be renamed, removed or copied stays as it is, as
 * with systemd 262: the image is what was asked for.
 */
export function renameCompanions(host: Host, place: Place, name: string, newName: string): void {
  for (const { directory, ending } of companionsOf(host, place)) {
    tryTo(() => moveFile(directory, Buffer.from(name + ending), directory, Buffer.from(newName + ending)));
  }
}

export function removeCompanions(host: Host, place: Place, name: string): void {
  for (const { directory, ending } of companionsOf(host, place)) {
    tryTo(() => removeFile(directory, Buffer.from(name + ending)));
  }
}

/** @param place of the image that they are those of @param pool where its copy is: what is beside one is beside the other */
export function cloneCompanions(
  host: Host,
  place: Place,
  name: string,
  pool: number,
  newName: string,
  copy: (from: number, to: number) => void,
): void {
  for (const { directory, ending, beside } of companionsOf(host, place)) {
    const into = beside ? pool : directory;
    tryTo(() => copyFile(directory, Buffer.from(name + ending), into, Buffer.from(newName + ending), copy));
  }
}

function copyFile(
  directory: number,
  name: Buffer,
  into: number,
  newName: Buffer,
  copy: (from: number, to: number) => void,
): void {
  const from = openFile(directory, name);
  const { name: temporary, descriptor: to } = makeTemporary(into, (made) => createFile(into, made));
  try {
    copy(from, to);
    fchmodSync(to, MODE);
    renameFile(into, temporary, newName, false);
  } catch (error) {
    removeFile(into, temporary);
    throw error;
  } finally {
    for (const descriptor of [from, to]) closeSync(descriptor);
  }
}

/** A regular file; nothing else is opened, and no link followed. */
function openFile(directory: number, name: Buffer): number {
  const found = lookUpFile(directory, name);
  try {
    if ((fstatSync(found).mode & constants.S_IFMT) !== constants.S_IFREG) throw new ChangeError('EINVAL');
    return reopenFile(found, constants.O_RDONLY | constants.O_NONBLOCK);
  } finally {
    closeSync(found);
  }
}

/** As systemd 262 gives it to those that it copies. */
const MODE = 0o664;

interface Companion {
  readonly directory: number;
  readonly ending: string;
  /** It is beside the image. */
  readonly beside: boolean;
}

function* companionsOf(host: Host, place: Place): Generator<Companion> {
  for (const path of settingsDirectories) {
    let directory: number;
    try {
      directory = host.directory(path);
    } catch {
      // There is no such directory.
      continue;
    }
    yield { directory, ending: '.nspawn', beside: false };
    closeSync(directory);
  }
  for (const ending of endings) yield { directory: place.directory, ending, beside: true };
}

function tryTo(act: () => void): void {
  try {
    act();
  } catch {
    // It has none, or it cannot be done.
  }
}
