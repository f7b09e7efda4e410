import { closeSync, fstatSync } from 'node:fs';
import { makeDirectoryAt, makeFileAt, removeAt } from '../../linux/file-at.ts';
import { asFileSystemUser } from '../../linux/file-system-user.ts';
import { replaceDanglingLinks } from './dangling-links.ts';
import type { Leader } from './leader.ts';

/** Where in a container something is to be mounted. */
export class MountPoint {
  /** Stands for it (O_PATH), wherever it is moved. */
  readonly descriptor: number;
  readonly #made: readonly Made[];

  private constructor(descriptor: number, made: readonly Made[]) {
    this.descriptor = descriptor;
    this.#made = made;
  }

  /**
   * What is at the path. A symbolic link there is not followed, as systemd 262 does not.
   * @throws SystemError ENOENT, ENOTDIR, ELOOP
   */
  static find({ root }: Leader, path: string): MountPoint {
    return new MountPoint(root.find(normalize(path), 'itself'), []);
  }

  /**
   * The same; what of the path is missing is made, and is the container's root's: an empty file in the end for anything
   * but a directory. Modes are those of systemd 262, which keeps the mount point itself from others.
   * @throws SystemError also EACCES in directories that are not the container's own
   */
  static make(leader: Leader, path: string, kind: 'directory' | 'file'): MountPoint {
    const made: Made[] = [];
    let parent = leader.root.find('/');
    try {
      const names = replaceDanglingLinks(leader.root, normalize(path).split('/').slice(1));
      for (const [index, name] of names.entries()) {
        const isLast = index === names.length - 1;
        const here = `/${names.slice(0, index + 1).join('/')}`;
        const find = (): number => leader.root.find(here, isLast ? 'itself' : 'followed');
        const next = findOr(find, () => {
          makeIn(parent, leader, { name, isDirectory: !isLast || kind === 'directory', mode: isLast ? 0o700 : 0o755 });
          made.push({ parent, name, isDirectory: !isLast || kind === 'directory' });
        });
        if (made.at(-1)?.parent !== parent) closeSync(parent);
        parent = next;
      }
      return new MountPoint(parent, made);
    } catch (error) {
      remove(made);
      throw error;
    }
  }

  get isDirectory(): boolean {
    return fstatSync(this.descriptor).isDirectory();
  }

  /** Removes what was made for it. */
  remove(): void {
    remove(this.#made);
  }
}

/** Something that was made, by the name that it was given in a directory. */
interface Made {
  readonly parent: number;
  readonly name: string;
  readonly isDirectory: boolean;
}

function findOr(find: () => number, make: () => void): number {
  try {
    return find();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    try {
      make();
    } catch (failure) {
      // It has just come.
      if ((failure as NodeJS.ErrnoException).code !== 'EEXIST') throw failure;
    }
    return find();
  }
}

function makeIn(
  parent: number,
  leader: Leader,
  { name, isDirectory, mode }: { name: string; isDirectory: boolean; mode: number },
): void {
  const make = (): void => {
    if (isDirectory) makeDirectoryAt(parent, name, mode);
    else makeFileAt(parent, name, mode & 0o666);
  };
  const user = leader.rootUser;
  const { uid, gid } = fstatSync(parent);
  if (user === undefined) make();
  // A directory of the host's that is mounted in there already is not made writable to the container by this.
  else asFileSystemUser(user, leader.owns(uid, gid), make);
}

function remove(made: readonly Made[]): void {
  for (const { parent, name, isDirectory } of made.toReversed()) {
    try {
      removeAt(parent, name, isDirectory);
    } catch {
      // Somebody else has put something into it, or something else in its place.
    }
  }
}

function normalize(path: string): string {
  return `/${path.split('/').filter(Boolean).join('/')}`;
}
