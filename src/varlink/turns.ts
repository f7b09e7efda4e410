/**
 * Lets many have their turn, one after the other, for at most a third of the time: a millisecond of work, then twice as
 * long for all else that the process does. So however many there are, a question that comes in meanwhile waits for
 * about a millisecond. For replies that take much work, as those of a ReplySource that many callers ask for at one time.
 */
export class Turns {
  // A set keeps the order in which they asked.
  readonly #waiting = new Set<() => void>();
  #cancel: (() => void) | undefined;
  /** In milliseconds of performance.now(). */
  #notBefore = 0;

  /** Has `turn` called once, soon, after those who asked before. Asking again before that changes nothing. */
  request(turn: () => void): void {
    this.#waiting.add(turn);
    this.#schedule();
  }

  /** Takes a request back. */
  cancel(turn: () => void): void {
    this.#waiting.delete(turn);
    if (this.#waiting.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    if (this.#cancel !== undefined) return;
    const wait = this.#notBefore - performance.now();
    // A timer takes a millisecond at least.
    if (wait < 0.5) {
      const immediate = setImmediate(() => this.#run());
      this.#cancel = () => clearImmediate(immediate);
    } else {
      const timer = setTimeout(() => this.#run(), wait);
      this.#cancel = () => clearTimeout(timer);
    }
  }

  #run(): void {
    const start = performance.now();
    let now = start;
    try {
      for (const turn of this.#waiting) {
        this.#waiting.delete(turn);
        turn();
        now = performance.now();
        if (now - start >= SLICE) break;
      }
    } finally {
      this.#notBefore = now + (now - start) * REST;
      // A turn that took requests back may have had another run put in.
      this.#cancel?.();
      this.#cancel = undefined;
      if (this.#waiting.size > 0) this.#schedule();
    }
  }
}

/** Milliseconds. */
const SLICE = 1;
/** How long a pause is, in lengths of the work before. */
const REST = 2;
