import { type BigIntStats, closeSync, constants, fstatSync } from 'node:fs';
import {
  createFile,
  type FileName,
  lookUpOwnFile,
  openOwnDirectory,
  readLink,
  removeFile,
} from '../../linux/files/directory-files.ts';
import { DirectoryReader } from '../../linux/files/directory-reader.ts';
import { fileUser } from '../../linux/files/file-user.ts';
import { CopyError } from './copy-error.ts';
import { temporaryName } from './temporary-name.ts';

/**
 * What was made by name has to be looked up by it again, and whoever may rename files there may have put something else
 * in its place by then, or mounted something over it: that must not be filled, or given to another owner. So it is taken
 * for what was made only when it is on the same mount, is new and empty of its kind, and belongs to whom new files
 * belong: of such a file nobody gets what was not his.
 */
export interface MadeFile {
  /** The taker closes it. */
  readonly descriptor: number;
  readonly stats: BigIntStats;
}

/** A new directory, to make files in. @throws CopyError ESTALE, SystemError EXDEV, ENOENT, ENOTDIR for something else */
export function openMadeDirectory(directory: number, name: FileName): MadeFile {
  return checked(
    openOwnDirectory(directory, name),
    directory,
    (made) => new DirectoryReader(made).next() === undefined,
  );
}

/** A new link, only looked up (O_PATH). Throws as {@link openMadeDirectory}. @param target where it leads */
export function lookUpMadeLink(directory: number, name: FileName, target: Buffer): MadeFile {
  return checked(lookUpOwnFile(directory, name), directory, (made, { mode, nlink }) => {
    return (mode & TYPE) === LINK && nlink === 1n && readLink(made).equals(target);
  });
}

/**
 * A new FIFO, socket or device, only looked up. Throws as {@link openMadeDirectory}.
 * @param type as in its mode @param device which device it is, 0 for others
 */
export function lookUpMadeNode(directory: number, name: FileName, type: number, device: number): MadeFile {
  return checked(lookUpOwnFile(directory, name), directory, (_, { mode, rdev, nlink }) => {
    return (mode & TYPE) === BigInt(type) && rdev === BigInt(device) && nlink === 1n;
  });
}

function checked(
  descriptor: number,
  directory: number,
  isNew: (descriptor: number, stats: BigIntStats) => boolean,
): MadeFile {
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    const isOurs = stats.uid === BigInt(fileUser()) || stats.uid === ownerOfNew(directory);
    if (!isOurs || !isNew(descriptor, stats)) throw new CopyError('ESTALE');
    return { descriptor, stats };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Some file systems have one owner for all files, as of shares of other systems, or another one for root's (nfs(5)). */
function ownerOfNew(directory: number): bigint {
  const name = temporaryName();
  const descriptor = createFile(directory, name);
  try {
    return fstatSync(descriptor, { bigint: true }).uid;
  } finally {
    closeSync(descriptor);
    removeFile(directory, name);
  }
}

const TYPE = BigInt(constants.S_IFMT);
const LINK = BigInt(constants.S_IFLNK);
