import { closeSync, fchmodSync, fstatSync } from 'node:fs';
import { copyAttributes } from '../../inside/copies/attributes.ts';
import { copyContent } from '../../inside/copies/content.ts';
import { DirectoryNode } from '../../inside/copies/directory-node.ts';
import { HardLinks } from '../../inside/copies/hard-links.ts';
import type { MakingParts } from '../../inside/copies/make-file.ts';
import { TreeCopy } from '../../inside/copies/tree-copy.ts';
import { Watch } from '../../inside/copies/watch.ts';
import { DirectoryReader } from '../../linux/files/directory-reader.ts';
import { openPlainDirectory } from '../../linux/plain-path.ts';

/** Copies files and trees, until nobody wants them any more. Throws errors that say of which file. */
export class CopyTrees {
  readonly #parts: MakingParts;

  /** @param wanted a descriptor that comes to its end when nobody wants it any more */
  constructor(wanted: number) {
    const watch = new Watch(wanted, wanted, () => {});
    const same = (id: number): number => id;
    const owners = { user: same, group: same, root: { uid: 0, gid: 0 }, keepsRights: true };
    this.#parts = { owners, watch, links: new HardLinks(), oneFileSystem: true };
  }

  /** All that is in a file, to one that is empty. */
  copyContent(from: number, to: number): void {
    copyContent(from, to, fstatSync(from, { bigint: true }).size, this.#parts.watch);
  }

  /** All that is in a directory, and what it is like itself, to one that is empty. What is mounted in it is not copied. */
  copyTree(from: number, to: number): void {
    // Until it has the owner of the other it is for nobody else to look into.
    fchmodSync(to, 0o700);
    // By a descriptor of its own: one that was looked at is not read from its beginning.
    const listed = openPlainDirectory(from, '.');
    const into = openPlainDirectory(to, '.');
    const reader = new DirectoryReader(listed);
    const tree = new TreeCopy(this.#parts, false);
    const target = new DirectoryNode(into, Buffer.from('.'));
    // Where the host is copied into its own pool.
    tree.leaveOut(into);
    for (let name = reader.next(); name !== undefined; name = reader.next()) tree.copy(from, name, target, name);
    copyAttributes(from, fstatSync(from, { bigint: true }), to, this.#parts.owners);
    target.close();
    closeSync(listed);
  }
}
