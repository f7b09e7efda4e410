import { closeSync } from 'node:fs';
import type { FileName } from '../../linux/files/directory-files.ts';
import { lookUpFile, openDirectory } from '../../linux/files/directory-files.ts';

/** A directory that is copied to, by its name in the one above it; open while something is put into it. */
export class DirectoryNode {
  readonly #above: DirectoryNode | undefined;
  readonly #name: FileName;
  #descriptor: number;

  /** @param descriptor is this object's from now on */
  constructor(descriptor: number, name: FileName, above?: DirectoryNode) {
    this.#descriptor = descriptor;
    this.#name = name;
    this.#above = above;
  }

  /** Only while it is open. */
  get descriptor(): number {
    return this.#descriptor;
  }

  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  /**
   * Finds a file in it again, also when it is not open any more: from the nearest one above that is, by names of which
   * none may be a link. The taker closes the descriptor, which only stands for the file. Throws a SystemError.
   */
  find(name: FileName): number {
    const below: FileName[] = [];
    let open: DirectoryNode | undefined = this;
    for (; open !== undefined && open.#descriptor < 0; open = open.#above) below.push(open.#name);
    if (open === undefined) throw new Error('no directory above is open');
    let directory = open.#descriptor;
    try {
      for (const each of below.reverse()) {
        const next = openDirectory(directory, each);
        if (directory !== open.#descriptor) closeSync(directory);
        directory = next;
      }
      return lookUpFile(directory, name);
    } finally {
      if (directory !== open.#descriptor) closeSync(directory);
    }
  }
}
