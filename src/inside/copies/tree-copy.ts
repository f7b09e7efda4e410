import { type BigIntStats, closeSync, fstatSync } from 'node:fs';
import { failedWith } from '../../linux/error-number.ts';
import {
  type FileName,
  lookUpFile,
  makeDirectory,
  openDirectory,
  openOwnDirectory,
  removeDirectory,
  removeFile,
  renameFile,
  reopenDirectory,
} from '../../linux/files/directory-files.ts';
import { DirectoryReader } from '../../linux/files/directory-reader.ts';
import { copyAttributes } from './attributes.ts';
import { about, CopyError } from './copy-error.ts';
import { DirectoryNode } from './directory-node.ts';
import { openMadeDirectory } from './made-file.ts';
import { type FoundFile, type MakingParts, makeFile } from './make-file.ts';
import { removeTree } from './remove-tree.ts';
import { temporaryName } from './temporary-name.ts';

/** Directories in one another. The same number as systemd 262 has; each takes two descriptors. */
const DEPTH = 2048;

/** A directory that is being copied. */
interface Level {
  readonly source: number;
  readonly found: BigIntStats;
  readonly reader: DirectoryReader;
  readonly node: DirectoryNode;
  readonly name: FileName;
  /** Of what is copied to. */
  readonly key: string;
  /** It was made for the copy, so that nobody has put anything in it; otherwise it was there. */
  readonly fresh: boolean;
  /** What it is called until all is in it; absent where that is its name. */
  readonly temporary?: FileName;
  /** Something else is mounted there, of which nothing is copied. */
  readonly elsewhere: boolean;
}

/** What a file is to be put into. */
interface Into {
  readonly node: DirectoryNode;
  readonly fresh: boolean;
  /** It is what was asked for, and not only in it. */
  readonly first: boolean;
}

/**
 * Copies a file or a tree. What is new has another name until it is whole: so nobody finds half a file, and when the
 * copy fails it goes away. Directories that are there already are filled up; what else is there stays as it is, or is
 * replaced by a file that is whole. What was put into a directory that was there stays when the copy fails later.
 *
 * All is done by descriptors of directories and one name in them, so that nobody can lead it elsewhere who renames
 * directories or puts links in their places meanwhile.
 */
export class TreeCopy {
  readonly #parts: MakingParts;
  readonly #replace: boolean;
  readonly #levels: Level[] = [];
  /** The keys of what is being copied to. */
  readonly #targets = new Set<string>();

  /** @param replace what is there and is no directory gives way */
  constructor(parts: MakingParts, replace: boolean) {
    this.#parts = parts;
    this.#replace = replace;
  }

  /**
   * @param source a descriptor of the directory that has the file `name`
   * @param target of the one that is to have it as `newName`; its descriptor is closed when all is done
   * @throws CopyError EEXIST when there is such a file that does not give way, ENOTDIR when a directory is to go where
   * there is none, ENAMETOOLONG for a tree that is too deep, ECANCELED, ESRCH (the machine has ended), and whatever the
   * system does not do
   */
  copy(source: number, name: FileName, target: DirectoryNode, newName: FileName): void {
    try {
      this.#enter(source, name, { node: target, fresh: false, first: true }, newName);
      for (let level = this.#levels.at(-1); level !== undefined; level = this.#levels.at(-1)) {
        const next = level.elsewhere ? undefined : level.reader.next();
        if (next !== undefined) this.#enter(level.source, next, { ...level, first: false }, next);
        else this.#finish(level, target);
      }
    } catch (error) {
      this.#abandon(target);
      throw error;
    }
  }

  #enter(source: number, name: FileName, into: Into, newName: FileName): void {
    this.#parts.watch.check();
    try {
      const found = look(source, name, into.first);
      if (found === undefined) return;
      try {
        if (found.stats.isDirectory()) {
          const elsewhere = this.#isElsewhere(source, name);
          // It has gone meanwhile.
          if (elsewhere === undefined) return;
          this.#enterDirectory(found, into, newName, elsewhere);
        } else if (into.fresh) makeFile(found, into.node, newName, newName, this.#parts);
        else this.#place(found, into, newName);
        this.#parts.watch.made();
      } finally {
        closeSync(found.descriptor);
      }
    } catch (error) {
      throw about(this.#path(newName), error);
    }
  }

  #enterDirectory(found: FoundFile, into: Into, name: FileName, elsewhere: boolean): void {
    // The copy itself, where a directory is copied into what is below it.
    if (this.#targets.has(keyOf(found.stats))) return;
    if (this.#levels.length >= DEPTH) throw new CopyError('ENAMETOOLONG', this.#path(name));
    const source = reopenDirectory(found.descriptor);
    try {
      const { directory, ...made } = this.#makeDirectory(into, name);
      const node = new DirectoryNode(directory, name, into.node);
      const key = keyOf(fstatSync(directory, { bigint: true }));
      this.#targets.add(key);
      const reader = new DirectoryReader(source);
      this.#levels.push({ source, found: found.stats, reader, node, name, key, elsewhere, ...made });
    } catch (error) {
      closeSync(source);
      throw error;
    }
  }

  /** What is below this directory is not copied, as it is of the copy itself. */
  leaveOut(directory: number): void {
    this.#targets.add(keyOf(fstatSync(directory, { bigint: true })));
  }

  /** Whether another file system begins there, where that matters; undefined where there is no directory any more. */
  #isElsewhere(source: number, name: FileName): boolean | undefined {
    if (!this.#parts.oneFileSystem) return false;
    try {
      closeSync(openOwnDirectory(source, name));
      return false;
    } catch (error) {
      if (failedWith(error, 'EXDEV')) return true;
      if (failedWith(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
      throw error;
    }
  }

  #makeDirectory({ node, fresh }: Into, name: FileName): { directory: number } & Pick<Level, 'fresh' | 'temporary'> {
    const above = node.descriptor;
    if (!fresh) {
      try {
        return { directory: openDirectory(above, name), fresh: false };
      } catch (error) {
        if (failedWith(error, 'ELOOP')) throw new CopyError('ENOTDIR', this.#path(name));
        if (!failedWith(error, 'ENOENT')) throw error;
      }
    }
    const temporary = fresh ? undefined : temporaryName();
    makeDirectory(above, temporary ?? name);
    try {
      const { descriptor: directory } = openMadeDirectory(above, temporary ?? name);
      return { directory, fresh: true, ...(temporary !== undefined && { temporary }) };
    } catch (error) {
      // Whatever it is by now, if anything is in it, that stays.
      removeIfThere(above, temporary ?? name, removeDirectory);
      throw error;
    }
  }

  /** Puts a file where others may be, under a name that nothing has until it is whole. */
  #place(found: FoundFile, { node, first }: Into, name: FileName): void {
    const directory = node.descriptor;
    const there = look(directory, name, false);
    if (there !== undefined) {
      closeSync(there.descriptor);
      if (!this.#replace || there.stats.isDirectory()) {
        this.#occupied(first);
        return;
      }
    }
    const temporary = temporaryName();
    try {
      makeFile(found, node, temporary, name, this.#parts);
      renameFile(directory, temporary, name, this.#replace);
      // Of two names of one file rename(2) leaves both.
      if (found.stats.nlink > 1n) removeIfThere(directory, temporary);
    } catch (error) {
      removeIfThere(directory, temporary);
      if (!failedWith(error, 'EEXIST', 'EISDIR')) throw error;
      this.#occupied(first);
    }
  }

  /** Of a tree the others are copied all the same, as systemd 262 does. */
  #occupied(first: boolean): void {
    if (first) throw new CopyError('EEXIST');
  }

  #finish(level: Level, target: DirectoryNode): void {
    const { source, found, node, name, fresh, temporary } = level;
    const above = this.#levels.at(-2)?.node ?? target;
    try {
      if (fresh) copyAttributes(source, found, node.descriptor, this.#parts.owners);
      if (temporary !== undefined) renameFile(above.descriptor, temporary, name, false);
    } catch (error) {
      throw about(this.#path(), error);
    }
    this.#levels.pop();
    this.#close(level);
  }

  #abandon(target: DirectoryNode): void {
    const { owners } = this.#parts;
    for (let level = this.#levels.pop(); level !== undefined; level = this.#levels.pop()) {
      this.#close(level);
      const above = this.#levels.at(-1)?.node ?? target;
      if (level.temporary === undefined) continue;
      removeTree(above.descriptor, level.temporary, {
        isWanted: (stats) => keyOf(stats) === level.key,
        mayEnter: ({ uid, gid }) => owners.mayBeTheirs?.(Number(uid), Number(gid)) ?? true,
      });
    }
  }

  #close({ source, node, key }: Level): void {
    this.#targets.delete(key);
    closeSync(source);
    node.close();
  }

  /** Of a file in the directory that is being copied, for who reads it; undefined where it is what was asked for. */
  #path(name?: FileName): string {
    const names = this.#levels.map((level) => level.name);
    if (name !== undefined) names.push(name);
    const path = names.map((each) => each.toString()).join('/');
    return path.length <= SHOWN ? path : `…${path.slice(-SHOWN)}`;
  }
}

/** Characters of a path that are told. */
const SHOWN = 1000;

/** @param must it is an error that there is none (any more) */
function look(directory: number, name: FileName, must: boolean): FoundFile | undefined {
  let descriptor: number;
  try {
    descriptor = lookUpFile(directory, name);
  } catch (error) {
    if (!must && failedWith(error, 'ENOENT')) return undefined;
    throw error;
  }
  return { descriptor, stats: fstatSync(descriptor, { bigint: true }) };
}

function removeIfThere(directory: number, name: FileName, remove = removeFile): void {
  try {
    remove(directory, name);
  } catch {
    // It is not there, or cannot be removed: what matters has been told.
  }
}

function keyOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}
