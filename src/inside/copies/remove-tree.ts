import { type BigIntStats, closeSync, fstatSync } from 'node:fs';
import { failedWith } from '../../linux/error-number.ts';
import { type FileName, openOwnDirectory, removeDirectory, removeFile } from '../../linux/files/directory-files.ts';
import { DirectoryReader } from '../../linux/files/directory-reader.ts';

/** Directories in one another that are gone into. Whoever moves deeper ones in keeps them. */
const DEPTH = 4096;

/** Of which directories everything is removed. Whoever may rename files there may have put others in their places. */
export interface Removable {
  /** Whether it is the one that is meant. */
  readonly isWanted: (stats: BigIntStats) => boolean;
  /** Whether those who may do so could remove what is in such a one below it. */
  readonly mayEnter: (stats: BigIntStats) => boolean;
}

interface Level {
  readonly directory: number;
  readonly reader: DirectoryReader;
  readonly name: FileName;
}

/**
 * Removes a directory with all that is in it, as far as that can and may be done: no link is followed, and nothing
 * is removed of what is mounted there. What cannot be removed stays, and nothing is thrown.
 */
export function removeTree(directory: number, name: FileName, { isWanted, mayEnter }: Removable): void {
  const levels: Level[] = [];
  const enter = (above: number, entry: FileName, may: (stats: BigIntStats) => boolean): void => {
    if (levels.length >= DEPTH) return;
    const opened = tryTo(() => openOwnDirectory(above, entry));
    if (opened === undefined) return;
    if (may(fstatSync(opened, { bigint: true }))) {
      levels.push({ directory: opened, reader: new DirectoryReader(opened), name: entry });
    } else closeSync(opened);
  };
  const remove = (above: number, entry: FileName): void => {
    try {
      removeFile(above, entry);
    } catch (error) {
      if (failedWith(error, 'EISDIR', 'EPERM')) enter(above, entry, mayEnter);
    }
  };
  enter(directory, name, isWanted);
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const current = level;
    const entry = tryTo(() => current.reader.next());
    if (entry !== undefined) {
      remove(current.directory, entry);
      continue;
    }
    levels.pop();
    closeSync(current.directory);
    tryTo(() => removeDirectory(levels.at(-1)?.directory ?? directory, current.name));
  }
}

function tryTo<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
