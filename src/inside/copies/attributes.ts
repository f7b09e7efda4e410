import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import { failedWith } from '../../linux/error-number.ts';
import {
  listAttributes,
  readAttribute,
  setMode,
  setOwner,
  setTimes,
  writeAttribute,
} from '../../linux/files/file-attributes.ts';
import { ACCESS_LIST, DEFAULT_LIST, modeWithout, shiftList } from './access-control-list.ts';
import type { Owners } from './owners.ts';

/**
 * Gives a file that was made the owner, mode, access control list, extended attributes and times of another. Of
 * extended attributes those are given that mean nothing to the kernel (`user.`): others are rights on the host.
 * Whoever has it, if it is somebody else than before, it does not run as: then the bits for that are lost, and so they
 * are where the copy is to grant nothing.
 * @param from and `to`: descriptors, which may only stand for the files (O_PATH)
 */
export function copyAttributes(from: number, found: BigIntStats, to: number, owners: Owners): void {
  const mode = Number(found.mode);
  // It was made for root alone, and stays so.
  if (!owners.grantsNothing || !isDevice(mode)) copyRights(from, found, to, owners);
  setTimes(to, found.atimeNs, found.mtimeNs);
}

function copyRights(from: number, found: BigIntStats, to: number, owners: Owners): void {
  const uid = owners.user(Number(found.uid));
  const gid = owners.group(Number(found.gid));
  setOwner(to, uid ?? owners.root.uid, gid ?? owners.root.gid);
  const mode = Number(found.mode);
  if ((mode & constants.S_IFMT) === constants.S_IFLNK) return;
  const ofUser = uid === undefined || owners.grantsNothing ? S_ISUID : 0;
  // Of a directory it says whose group files in it have, which is no right.
  const ofGroup = isFile(mode) && (gid === undefined || owners.grantsNothing) ? S_ISGID : 0;
  const kept = mode & PERMISSIONS & ~(ofUser | ofGroup);
  setMode(to, kept);
  if (isFile(mode) || isDirectory(mode)) copyExtended(from, to, kept, owners);
}

function copyExtended(from: number, to: number, mode: number, owners: Owners): void {
  for (const name of listAttributes(from)) {
    const isList = name === ACCESS_LIST || name === DEFAULT_LIST;
    if (!isList && !name.startsWith('user.') && !owners.keepsRights) continue;
    const value = readAttribute(from, name);
    if (value === undefined) continue;
    if (!isList) writeExtended(to, name, value);
    else {
      const list = shiftList(value, owners.user, owners.group);
      const kept = list !== undefined && writeAttribute(to, name, list);
      if (!kept && name === ACCESS_LIST) setMode(to, modeWithout(value, mode));
    }
  }
}

function writeExtended(to: number, name: string, value: Buffer): void {
  try {
    writeAttribute(to, name, value);
  } catch (error) {
    // Labels of security modules, which are for those to give.
    if (name.startsWith('user.') || !failedWith(error, 'EPERM', 'EACCES', 'EINVAL')) throw error;
  }
}

function isFile(mode: number): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFREG;
}

function isDevice(mode: number): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFCHR || (mode & constants.S_IFMT) === constants.S_IFBLK;
}

function isDirectory(mode: number): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFDIR;
}

const PERMISSIONS = 0o7777;
const S_ISUID = 0o4000;
const S_ISGID = 0o2000;
