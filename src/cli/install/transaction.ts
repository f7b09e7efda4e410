import { chmodSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Changes to files that are made all or not at all. */
export class Transaction {
  readonly #undo: (() => void)[] = [];

  /** Runs it; when it throws, what it did is undone, and the error is thrown on. */
  static run(work: (transaction: Transaction) => void): void {
    const transaction = new Transaction();
    try {
      work(transaction);
    } catch (error) {
      transaction.#rollBack(error as Error);
      throw error;
    }
  }

  makeDirectory(path: string): void {
    naming('make', path, () => {
      mkdirSync(path);
      this.#undo.push(() => rmdirSync(path));
      // Whatever the umask.
      chmodSync(path, 0o755);
    });
  }

  /** Writes a file that is there whole or not at all, over one that may be there. */
  write(path: string, content: string, mode: number): void {
    naming('write', path, () => {
      const undo = restorer(path);
      replace(path, content, mode);
      this.#undo.push(undo);
    });
  }

  remove(path: string): void {
    naming('remove', path, () => {
      const undo = restorer(path);
      rmSync(path);
      this.#undo.push(undo);
    });
  }

  /** Removes a directory that is empty; any other stays. */
  removeIfEmpty(path: string): void {
    naming('remove', path, () => {
      try {
        rmdirSync(path);
        this.#undo.push(() => mkdirSync(path, { mode: 0o755 }));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error;
      }
    });
  }

  #rollBack(error: Error): void {
    for (const undo of this.#undo.reverse()) {
      try {
        undo();
      } catch (failure) {
        error.message += `; and this could not be undone: ${(failure as Error).message}`;
      }
    }
  }
}

/** Puts back what is at a path now. */
function restorer(path: string): () => void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return () => rmSync(path);
  const content = readFileSync(path);
  return () => replace(path, content, found.mode & 0o7777);
}

function replace(path: string, content: string | Uint8Array, mode: number): void {
  // No program that reads one of these directories takes a file of such a name for one of its own.
  const temporary = join(dirname(path), `.mymachines-${process.pid}.tmp`);
  try {
    writeFileSync(temporary, content, { flag: 'wx', flush: true });
    chmodSync(temporary, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function naming(verb: string, path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`cannot ${verb} ${path}: ${code ?? message}`, { cause: error });
  }
}
