import { closeSync, constants, fstatSync } from 'node:fs';
import { isSubvolume } from '../../linux/btrfs/subvolume.ts';
import { failedWith } from '../../linux/error-number.ts';
import {
  lookUpFile,
  lookUpOwnFile,
  openOwnDirectory,
  removeDirectory,
  removeFile,
  reopenFile,
} from '../../linux/files/directory-files.ts';
import { DirectoryReader } from '../../linux/files/directory-reader.ts';
import { moveTo } from '../../linux/files/file-content.ts';
import { inodeFlags, readInodeFlags, setInodeFlag } from '../../linux/inode-flags.ts';
import { moveFile } from '../../linux/plain-path.ts';
import { about } from './change-error.ts';
import { LOOK_INTO } from './host.ts';
import { removeSubvolume } from './remove-subvolume.ts';

/** Directories in one another, each a descriptor. Deeper ones are moved up before they are gone into. */
const DEPTH = 256;
/** How often a directory is gone through that somebody fills meanwhile. */
const ROUNDS = 16;

interface Level {
  /** In which it is. */
  readonly above: number;
  readonly name: Buffer;
  readonly descriptor: number;
  reader: DirectoryReader;
  round: number;
}

/**
 * Removes a file, or a directory with all that is in it, subvolumes of btrfs and files that may not be changed (chattr(1))
 * included. No link is followed, and nothing of another file system that is mounted there is touched.
 * @throws ChangeError that says of which file: then it is there, and what is left in it. ENOTEMPTY while somebody fills
 * it, EXDEV for a mount.
 */
export function removeTree(directory: number, name: Buffer): void {
  const levels: Level[] = [];
  try {
    enter(levels, directory, name);
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const next = level.reader.next();
      if (next !== undefined) enter(levels, level.descriptor, next);
      else if (leave(level)) levels.pop();
    }
  } catch (error) {
    const path = levels
      .map((level) => level.name.toString())
      .slice(1)
      .join('/');
    throw about(path === '' ? name.toString() : path.slice(-SHOWN), error);
  } finally {
    for (const { descriptor } of levels) closeSync(descriptor);
  }
}

/** Characters of a path that are told. */
const SHOWN = 1000;

function enter(levels: Level[], above: number, name: Buffer): void {
  try {
    removeFile(above, name);
    return;
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return;
    // EPERM: a directory, on some file systems, or what may not be changed.
    if (!failedWith(error, 'EISDIR', 'EPERM')) throw about(name.toString(), error);
    if (!isDirectory(above, name)) {
      withoutFlags(above, name, () => removeFile(above, name));
      return;
    }
  }
  const first = levels[0];
  if (first !== undefined && levels.length >= DEPTH) moveUp(first, above, name, levels);
  else open(levels, above, name);
}

function open(levels: Level[], above: number, name: Buffer): void {
  let descriptor = -1;
  try {
    descriptor = openOwnDirectory(above, name);
    if (isSubvolume(descriptor)) {
      removeSubvolume(above, name, descriptor);
      closeSync(descriptor);
      return;
    }
  } catch (error) {
    if (descriptor >= 0) closeSync(descriptor);
    throw about(name.toString(), error);
  }
  levels.push({ above, name, descriptor, reader: new DirectoryReader(descriptor), round: 1 });
}

/** So that however deep a tree is, few descriptors are needed. */
function moveUp(top: Level, above: number, name: Buffer, levels: Level[]): void {
  const newName = Buffer.from(`.#deep-${top.round}-${process.hrtime.bigint()}`);
  try {
    moveFile(above, name, top.descriptor, newName);
    top.round--;
  } catch (error) {
    // Between subvolumes nothing can be moved.
    if (!failedWith(error, 'EXDEV', 'EPERM')) throw error;
    open(levels, above, name);
  }
}

/** False when there is something in it (again), and it has to be gone through once more. */
function leave(level: Level): boolean {
  const { above, name, descriptor } = level;
  try {
    withoutFlags(above, name, () => removeDirectory(above, name));
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return true;
    if (!failedWith(error, 'ENOTEMPTY', 'EEXIST') || level.round >= ROUNDS) throw about(name.toString(), error);
    level.round++;
    moveTo(descriptor, 0);
    level.reader = new DirectoryReader(descriptor);
    return false;
  }
  closeSync(descriptor);
  return true;
}

/** Does it, if need be once more after the flags are gone that keep a file, or all in its directory, from changing. */
function withoutFlags(directory: number, name: Buffer, remove: () => void): void {
  try {
    remove();
  } catch (error) {
    if (!failedWith(error, 'EPERM')) throw error;
    const [ofAbove, ofItself] = [clearFlags(directory), clearFlagsOf(directory, name)];
    if (!ofAbove && !ofItself) throw about(name.toString(), error);
    remove();
  }
}

function clearFlagsOf(directory: number, name: Buffer): boolean {
  const found = lookUpOwnFile(directory, name);
  try {
    return clearFlags(found);
  } finally {
    closeSync(found);
  }
}

/**
 * False when it had none, or is nothing that has any: what is no regular file or directory is not opened, for a device
 * does things when it is. @param found may only stand for it (O_PATH)
 */
function clearFlags(found: number): boolean {
  const type = fstatSync(found).mode & constants.S_IFMT;
  if (type !== constants.S_IFREG && type !== constants.S_IFDIR) return false;
  const descriptor = reopenFile(found, LOOK_INTO);
  try {
    const kept = inodeFlags.immutable | inodeFlags.append;
    if ((readInodeFlags(descriptor) & kept) === 0) return false;
    setInodeFlag(descriptor, kept, false);
    return true;
  } finally {
    closeSync(descriptor);
  }
}

function isDirectory(directory: number, name: Buffer): boolean {
  const found = lookUpFile(directory, name);
  try {
    return (fstatSync(found).mode & constants.S_IFMT) === constants.S_IFDIR;
  } finally {
    closeSync(found);
  }
}
