import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { RootDirectory } from '../linux/root-directory.ts';

/** More than any file of a configuration has; a C library is 2 MiB. */
const MAXIMUM = 16 * 1024 * 1024;

/** The files of a host, or of a directory that looks like one: no link leads out of it. Nothing is ever written. */
export class HostFiles {
  readonly #root: string;
  readonly #directory: RootDirectory;

  /** @throws Error of the file system when there is no such directory */
  constructor(root = '/') {
    this.#root = root;
    this.#directory = RootDirectory.ofPath(root);
  }

  /** The bytes of a regular file, through links; undefined where there is none that can be read. */
  bytes(path: string): Buffer | undefined {
    try {
      return this.#directory.readFile(path, MAXIMUM);
    } catch {
      return undefined;
    }
  }

  /** The text of a file; undefined where there is none that can be read. */
  text(path: string): string | undefined {
    return this.bytes(path)?.toString('utf8');
  }

  /** Where a symbolic link leads, as it is written; undefined for anything else. */
  link(path: string): string | undefined {
    try {
      return readlinkSync(join(this.#root, path));
    } catch {
      return undefined;
    }
  }

  /** Whether there is something, if only a link to nowhere. */
  has(path: string): boolean {
    return lstatSync(join(this.#root, path), { throwIfNoEntry: false }) !== undefined;
  }

  /** Whether a path is a socket, and no link to one. */
  isSocket(path: string): boolean {
    return lstatSync(join(this.#root, path), { throwIfNoEntry: false })?.isSocket() === true;
  }

  /** The names in a directory, sorted; none where there is no such directory that can be read. */
  list(path: string): string[] {
    try {
      return readdirSync(join(this.#root, path)).sort();
    } catch {
      return [];
    }
  }

  close(): void {
    this.#directory.close();
  }
}
