/**
 * Machines of an earlier run that could not be restored for want of something, as of descriptors. They are kept: tried
 * again at growing intervals, and before anybody else gets the name of one, whose file would be written over.
 */
export class Unrestored {
  readonly #restore: (names: Iterable<string>) => ReadonlyMap<string, Error>;
  readonly #names = new Map<string, Error>();
  #timer: NodeJS.Timeout | undefined;

  /** @param restore tries again, and gives those of which still nothing is known, and why */
  constructor(restore: (names: Iterable<string>) => ReadonlyMap<string, Error>) {
    this.#restore = restore;
  }

  add(names: ReadonlyMap<string, Error>): void {
    for (const [name, error] of names) this.#names.set(name, error);
    this.#tryAfter(FIRST_DELAY);
  }

  /**
   * Tries a name again, if it is one of them.
   * @throws the error for which still nothing is known of it
   */
  settle(name: string): void {
    if (!this.#names.has(name)) return;
    this.#names.delete(name);
    const error = this.#restore([name]).get(name);
    if (error === undefined) return;
    this.#names.set(name, error);
    throw error;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#names.clear();
  }

  #tryAfter(delay: number): void {
    if (this.#names.size === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#tryAll();
      this.#tryAfter(Math.min(delay * 2, LAST_DELAY));
    }, delay).unref();
  }

  /** Up to the first that fails, which is the last one next time: what is wanting for one is wanting for all. */
  #tryAll(): void {
    for (const name of [...this.#names.keys()]) {
      try {
        this.settle(name);
      } catch {
        return;
      }
    }
  }
}

/** Milliseconds. */
const FIRST_DELAY = 1000;
const LAST_DELAY = 60_000;
