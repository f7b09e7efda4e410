import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';

/** The file tree that is installed into: `/`, or a directory in which somebody puts another system together. */
export class Target {
  readonly #root: string;

  /** @throws Error when there is no such directory */
  constructor(root: string) {
    this.#root = realpathSync(resolve(root));
    if (!statSync(this.#root).isDirectory()) throw new Error(`${root} is no directory`);
  }

  /**
   * Where a path of the installed system is on this one.
   * @throws Error when a symbolic link on the way leads out of the tree
   */
  real(path: string): string {
    if (path === '/') return this.#root;
    const real = join(this.#root, path);
    const above = realpathSync(this.#nearest(dirname(real)));
    if (!this.#contains(above)) throw new Error(`${real} would be in ${above}, outside ${this.#root}`);
    return real;
  }

  /** Whether there is something at a path, if only a link to nowhere. */
  has(path: string): boolean {
    return lstatSync(this.real(path), { throwIfNoEntry: false }) !== undefined;
  }

  /** The content of a regular file, `other` for anything else that is there, undefined for nothing. */
  read(path: string): Buffer | 'other' | undefined {
    const real = this.real(path);
    const found = lstatSync(real, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    return found.isFile() ? readFileSync(real) : 'other';
  }

  /** The text of a file, or of what a link at its path leads to; empty where there is none in the tree. */
  readText(path: string): string {
    try {
      const real = realpathSync(this.real(path));
      return this.#contains(real) ? readFileSync(real, 'utf8') : '';
    } catch {
      return '';
    }
  }

  /** The names in a directory; none where there is no such directory. */
  list(path: string): string[] {
    return this.has(path) ? readdirSync(this.real(path)) : [];
  }

  /** Whether there is a program of the administrator's by that name. */
  hasProgram(name: string): boolean {
    return ['/sbin', '/usr/sbin'].some((directory) => existsSync(join(this.#root, directory, name)));
  }

  /** The directories above a path that are not there, outermost first, as the installed system sees them. */
  missingDirectories(path: string): string[] {
    const missing: string[] = [];
    for (let directory = dirname(path); !this.has(directory); directory = dirname(directory))
      missing.unshift(directory);
    return missing;
  }

  #contains(real: string): boolean {
    return this.#root === sep || real === this.#root || real.startsWith(`${this.#root}${sep}`);
  }

  #nearest(directory: string): string {
    let found = directory;
    while (lstatSync(found, { throwIfNoEntry: false }) === undefined) found = dirname(found);
    return found;
  }
}
