/**
 * Machines of an earlier run that could not be restored for want of something, as of descriptors. They are kept: tried
 * again at growing intervals, and before anybody else gets the name of one, whose file would be written over.
 */
export class Unrestored {
  readonly #restore: (names: Iterable<string>) => ReadonlyMap<string, Error>;
  readonly #tidy: () => void;
  readonly #names = new Map<string, Error>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param restore tries again, and gives those of which still nothing is known, and why
   * @param tidy removes what those have left that were found to have ended, once for many
   */
  constructor(restore: (names: Iterable<string>) => ReadonlyMap<string, Error>, tidy: () => void) {
    this.#restore = restore;
    this.#tidy = tidy;
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
    this.#timer = setTimeout(() => this.#try([...this.#names.keys()], delay), delay).unref();
  }

  /**
   * Up to the first that fails, which is the last one next time: what is wanting for one is wanting for all. A few in each
   * turn, for others wait meanwhile.
   */
  #try(names: readonly string[], delay: number): void {
    try {
      for (const name of names.slice(0, PER_TURN)) this.settle(name);
    } catch {
      this.#endRound(delay);
      return;
    }
    const rest = names.slice(PER_TURN);
    if (rest.length > 0) this.#timer = setTimeout(() => this.#try(rest, delay), 0).unref();
    else this.#endRound(delay);
  }

  #endRound(delay: number): void {
    this.#tidy();
    this.#tryAfter(Math.min(delay * 2, LAST_DELAY));
  }
}

/** Milliseconds. */
const FIRST_DELAY = 1000;
const LAST_DELAY = 60_000;
/** Machines: each takes a few files and system calls. */
const PER_TURN = 16;
