/**
 * Work that other people cause, done for at most a quarter of the time.
 *
 * Each item waits at most once, however often it is added. What is added in one turn of the event loop is done at the
 * end of it, for 5 ms at a time. Then comes a pause: three times as long, and a millisecond at least. So what
 * containers do to their own networks cannot keep the process from answering.
 */
export class PacedQueue<Item> {
  readonly #work: (item: Item) => void;
  readonly #waiting = new Set<Item>();
  #scheduled: { cancel(): void } | undefined;
  #notBefore = 0;

  constructor(work: (item: Item) => void) {
    this.#work = work;
  }

  add(item: Item): void {
    this.#waiting.add(item);
    this.#schedule();
  }

  delete(item: Item): void {
    this.#waiting.delete(item);
  }

  /** Forgets all that waits. */
  clear(): void {
    this.#waiting.clear();
    this.#scheduled?.cancel();
    this.#scheduled = undefined;
  }

  #schedule(): void {
    if (this.#scheduled !== undefined) return;
    const wait = this.#notBefore - performance.now();
    if (wait > 0) {
      const timer = setTimeout(() => this.#run(), Math.ceil(wait));
      this.#scheduled = { cancel: () => clearTimeout(timer) };
    } else {
      const immediate = setImmediate(() => this.#run());
      this.#scheduled = { cancel: () => clearImmediate(immediate) };
    }
  }

  #run(): void {
    const start = performance.now();
    try {
      for (const item of this.#waiting) {
        this.#waiting.delete(item);
        this.#work(item);
        if (performance.now() - start >= SLICE) break;
      }
    } finally {
      // Only now: what the work itself adds waits for the pause, too.
      this.#scheduled = undefined;
      const end = performance.now();
      this.#notBefore = end + Math.max(SHORTEST_PAUSE, PAUSE * (end - start));
      if (this.#waiting.size > 0) this.#schedule();
    }
  }
}

// Milliseconds
const SLICE = 5;
const SHORTEST_PAUSE = 1;
// Times what was worked
const PAUSE = 3;
