/**
 * Something that is read from files and may change without a word. It is read again when somebody wants to, in the
 * background and at most once a second; until then it is what it was. What cannot be read stays what it was.
 */
export class Kept<T> {
  readonly #read: () => Promise<T>;
  #value: T;
  #since = Number.NEGATIVE_INFINITY;

  /** @param initial until it has been read */
  constructor(read: () => Promise<T>, initial: T) {
    this.#read = read;
    this.#value = initial;
  }

  get value(): T {
    return this.#value;
  }

  refresh(): void {
    const now = performance.now();
    if (now - this.#since < INTERVAL) return;
    this.#since = now;
    this.#read().then(
      (value) => {
        this.#value = value;
      },
      () => {},
    );
  }
}

/** Milliseconds. */
const INTERVAL = 1000;
