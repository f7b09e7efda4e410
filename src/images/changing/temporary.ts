import { randomBytes } from 'node:crypto';
import { closeSync } from 'node:fs';
import { failedWith } from '../../linux/error-number.ts';
import { lockOpenFile } from '../../linux/file-lock.ts';
import { lookUpFile } from '../../linux/files/directory-files.ts';
import { DirectoryReader } from '../../linux/files/directory-reader.ts';
import { openPlainDirectory, openPlainPath } from '../../linux/plain-path.ts';
import { searchPath } from '../reading/search-path.ts';
import { ChangeError } from './change-error.ts';
import { type Host, LOOK_INTO } from './host.ts';
import { removeTree } from './remove-tree.ts';

/**
 * A name for what is not an image yet, or not any more: no image can have one that begins so (`isImageName`), and nobody
 * lists it. What has it is locked by the process that works at it, by flock(2), which ends with it.
 */
export function temporaryName(): Buffer {
  return Buffer.from(`.#mymachines-${randomBytes(8).toString('hex')}`);
}

/** What is not an image yet, and kept from {@link sweep} until the process ends. */
export interface Temporary {
  readonly name: Buffer;
  /** The taker closes it. */
  readonly descriptor: number;
}

/**
 * Makes something of a temporary name. Should somebody sweep it between its being made and its being held, it is made
 * again.
 * @param make makes it in the directory, and gives a descriptor of it; what it throws is thrown on
 */
export function makeTemporary(directory: number, make: (name: Buffer) => number): Temporary {
  for (let attempt = 1; ; attempt++) {
    const name = temporaryName();
    let descriptor = -1;
    try {
      descriptor = make(name);
      holdTemporary(descriptor);
      closeSync(lookUpFile(directory, name));
      return { name, descriptor };
    } catch (error) {
      if (descriptor >= 0) closeSync(descriptor);
      if (attempt === ATTEMPTS || !failedWith(error, 'EBUSY', 'ENOENT')) throw error;
    }
  }
}

/** Keeps {@link sweep} away until the process ends. @param descriptor of what is about to have such a name */
export function holdTemporary(descriptor: number): void {
  if (!lockOpenFile(descriptor)) throw new ChangeError('EBUSY', 'somebody else removes it');
}

/** Removes what processes were at that were killed, wherever images are. What cannot be removed stays. */
export function sweep(host: Host): void {
  for (const path of searchPath) {
    let directory: number;
    try {
      directory = host.directory(path);
    } catch {
      continue;
    }
    for (const name of temporariesIn(directory)) sweepOne(directory, name);
    closeSync(directory);
  }
}

function temporariesIn(directory: number): Buffer[] {
  // By a descriptor of its own, which has a place of its own.
  const listed = openPlainDirectory(directory, '.');
  const reader = new DirectoryReader(listed);
  const names: Buffer[] = [];
  for (let name = reader.next(); name !== undefined; name = reader.next()) {
    if (TEMPORARY.test(name.toString('latin1'))) names.push(name);
  }
  closeSync(listed);
  return names;
}

function sweepOne(directory: number, name: Buffer): void {
  let found = -1;
  try {
    found = openPlainPath(directory, name, LOOK_INTO);
    if (lockOpenFile(found)) removeTree(directory, name);
  } catch {
    // It is gone, or cannot be removed, and will be looked at the next time.
  } finally {
    if (found >= 0) closeSync(found);
  }
}

/** Whoever sweeps does it once. */
const ATTEMPTS = 10;
const TEMPORARY = /^\.#mymachines-[0-9a-f]{16}$/;
