import { type BigIntStats, closeSync, fstatSync } from 'node:fs';
import type { FileName } from '../../linux/files/directory-files.ts';
import type { DirectoryNode } from './directory-node.ts';

/** Files of several names that are remembered. Of more than these each name becomes a file of its own. */
const REMEMBERED = 100_000;

/** Where the copies of files are that have more than one name, so that the next name becomes one more of the copy. */
export class HardLinks {
  readonly #known = new Map<string, Copy>();

  /** The copy of a file, if there is one and it is what was made: the taker closes the descriptor that stands for it. */
  find(source: BigIntStats): number | undefined {
    const copy = this.#known.get(keyOf(source));
    if (copy === undefined) return undefined;
    let found: number;
    try {
      found = copy.directory.find(copy.name);
    } catch {
      return undefined;
    }
    // Somebody may have put another file in its place.
    if (keyOf(fstatSync(found, { bigint: true })) === copy.key) return found;
    closeSync(found);
    return undefined;
  }

  /** @param made what the copy is, as stat(2) has it */
  remember(source: BigIntStats, made: BigIntStats, directory: DirectoryNode, name: FileName): void {
    if (source.nlink < 2n || this.#known.size >= REMEMBERED) return;
    this.#known.set(keyOf(source), { key: keyOf(made), directory, name });
  }
}

interface Copy {
  readonly key: string;
  readonly directory: DirectoryNode;
  readonly name: FileName;
}

function keyOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}
