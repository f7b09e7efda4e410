import { type BigIntStats, closeSync, constants, fstatSync } from 'node:fs';
import {
  createFile,
  type FileName,
  linkFile,
  lookUpFile,
  makeLink,
  makeNode,
  readLink,
  reopenFile,
} from '../../linux/files/directory-files.ts';
import { copyAttributes } from './attributes.ts';
import { copyContent } from './content.ts';
import { CopyError } from './copy-error.ts';
import type { DirectoryNode } from './directory-node.ts';
import type { HardLinks } from './hard-links.ts';
import type { Owners } from './owners.ts';
import type { Watch } from './watch.ts';

/** What it takes to make files that are copies of others. */
export interface MakingParts {
  readonly owners: Owners;
  readonly watch: Watch;
  readonly links: HardLinks;
  /** Of directories where something else is mounted nothing is copied but themselves. */
  readonly oneFileSystem?: boolean;
}

/** A file that is to be copied: a descriptor that only stands for it (O_PATH), and what was known of it then. */
export interface FoundFile {
  readonly descriptor: number;
  readonly stats: BigIntStats;
}

/**
 * Makes a copy of what is no directory, under a name that nothing has. When it throws, something of it may be there.
 * @param name which it is to have first @param lasting the one that it has in the end
 */
export function makeFile(
  found: FoundFile,
  directory: DirectoryNode,
  name: FileName,
  lasting: FileName,
  parts: MakingParts,
): void {
  const copy = found.stats.nlink > 1n ? parts.links.find(found.stats) : undefined;
  if (copy !== undefined) {
    try {
      linkFile(copy, directory.descriptor, name);
    } finally {
      closeSync(copy);
    }
    return;
  }
  const made = isType(found.stats, constants.S_IFREG)
    ? makeRegular(found, directory.descriptor, name, parts)
    : makeOther(found, directory.descriptor, name, parts);
  parts.links.remember(found.stats, made, directory, lasting);
}

function makeRegular(found: FoundFile, directory: number, name: FileName, { owners, watch }: MakingParts): BigIntStats {
  // Not blocking, for the sake of files below /proc that wait for something to tell.
  const from = reopenFile(found.descriptor, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const to = createFile(directory, name);
    try {
      copyContent(from, to, found.stats.size, watch);
      copyAttributes(found.descriptor, found.stats, to, owners);
      return fstatSync(to, { bigint: true });
    } finally {
      closeSync(to);
    }
  } finally {
    closeSync(from);
  }
}

/** A link, FIFO, socket or device, of which nothing is opened. */
function makeOther(found: FoundFile, directory: number, name: FileName, { owners }: MakingParts): BigIntStats {
  const { stats } = found;
  if (isType(stats, constants.S_IFLNK)) makeLink(directory, name, readLink(found.descriptor));
  else makeNode(directory, name, (Number(stats.mode) & constants.S_IFMT) | 0o600, Number(stats.rdev));
  const made = lookUpFile(directory, name);
  try {
    const now = fstatSync(made, { bigint: true });
    // Whoever put something else in its place must not have that given to another owner.
    if ((now.mode & TYPE) !== (stats.mode & TYPE) || now.nlink !== 1n) throw new CopyError('ESTALE');
    copyAttributes(found.descriptor, stats, made, owners);
    return now;
  } finally {
    closeSync(made);
  }
}

function isType({ mode }: BigIntStats, type: number): boolean {
  return (Number(mode) & constants.S_IFMT) === type;
}

const TYPE = BigInt(constants.S_IFMT);
