import { type BigIntStats, closeSync, constants, fstatSync } from 'node:fs';
import {
  createFile,
  type FileName,
  linkFile,
  makeLink,
  makeNode,
  readLink,
  reopenFile,
} from '../../linux/files/directory-files.ts';
import { copyAttributes } from './attributes.ts';
import { copyContent } from './content.ts';
import type { DirectoryNode } from './directory-node.ts';
import type { HardLinks } from './hard-links.ts';
import { lookUpMadeLink, lookUpMadeNode, type MadeFile } from './made-file.ts';
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
  const made = isType(found.stats, constants.S_IFLNK)
    ? makeOneLink(directory, name, readLink(found.descriptor))
    : makeOneNode(directory, name, found.stats);
  try {
    copyAttributes(found.descriptor, found.stats, made.descriptor, owners);
    return made.stats;
  } finally {
    closeSync(made.descriptor);
  }
}

function makeOneLink(directory: number, name: FileName, target: Buffer): MadeFile {
  makeLink(directory, name, target);
  return lookUpMadeLink(directory, name, target);
}

function makeOneNode(directory: number, name: FileName, { mode, rdev }: BigIntStats): MadeFile {
  const type = Number(mode) & constants.S_IFMT;
  // Of others it means nothing, and there are file systems that tell one.
  const device = type === constants.S_IFCHR || type === constants.S_IFBLK ? Number(rdev) : 0;
  makeNode(directory, name, type | 0o600, device);
  return lookUpMadeNode(directory, name, type, device);
}

function isType({ mode }: BigIntStats, type: number): boolean {
  return (Number(mode) & constants.S_IFMT) === type;
}
