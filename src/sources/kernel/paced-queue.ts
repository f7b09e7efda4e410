/**
 * Work that other people cause, done for at most half of the time, and work that takes long for at most a quarter.
 *
 * Each item waits at most once, however often it is added. What is added in one turn of the event loop is done at the
 * end of it, for 5 ms at a time. Then comes a pause, as long as the work and a millisecond at least. So what containers
 * do to their own networks cannot keep the process from answering.
 *
 * Items that took a millisecond or more the last time have a pause of their own, three times as long as the last of
 * them took, in which others pass them: who makes much work waits for it, and not everybody else.
 */
export class PacedQueue<Item> {
  readonly #work: (item: Item) => void;
  readonly #pause: number;
  readonly #light = new Set<Item>();
  readonly #heavy = new Set<Item>();
  /** Those that took long the last time, waiting or not. */
  readonly #costly = new Set<Item>();
  #scheduled: { readonly at: number; cancel(): void } | undefined;
  // Milliseconds of performance.now(), as all times here.
  #notBefore = 0;
  #heavyNotBefore = 0;

  /** @param pause how many times as long as the work the pause after it is, if not once */
  constructor(work: (item: Item) => void, pause = 1) {
    this.#work = work;
    this.#pause = pause;
  }

  add(item: Item): void {
    (this.#costly.has(item) ? this.#heavy : this.#light).add(item);
    this.#schedule();
  }

  /** Forgets an item, and what it cost. */
  delete(item: Item): void {
    for (const set of [this.#light, this.#heavy, this.#costly]) set.delete(item);
  }

  /** Forgets all that waits. */
  clear(): void {
    for (const set of [this.#light, this.#heavy, this.#costly]) set.clear();
    this.#cancel();
  }

  #cancel(): void {
    this.#scheduled?.cancel();
    this.#scheduled = undefined;
  }

  #schedule(): void {
    if (this.#light.size === 0 && this.#heavy.size === 0) return;
    const at = this.#light.size > 0 ? this.#notBefore : Math.max(this.#notBefore, this.#heavyNotBefore);
    if (this.#scheduled !== undefined) {
      if (this.#scheduled.at <= at) return;
      this.#cancel();
    }
    const wait = at - performance.now();
    if (wait > 0) {
      const timer = setTimeout(() => this.#run(), Math.ceil(wait));
      this.#scheduled = { at, cancel: () => clearTimeout(timer) };
    } else {
      const immediate = setImmediate(() => this.#run());
      this.#scheduled = { at, cancel: () => clearImmediate(immediate) };
    }
  }

  #run(): void {
    const start = performance.now();
    try {
      // One of the heavy ones at most, and before the light ones: these are always there when somebody wants it so.
      const [heavy] = start >= this.#heavyNotBefore ? this.#heavy : [];
      if (heavy !== undefined) this.#do(heavy, this.#heavy);
      for (const item of this.#light) {
        if (performance.now() - start >= SLICE) break;
        this.#do(item, this.#light);
      }
    } finally {
      // Only now: what the work itself adds waits for the pause, too.
      this.#scheduled = undefined;
      const end = performance.now();
      this.#notBefore = end + Math.max(SHORTEST_PAUSE, this.#pause * (end - start));
      this.#schedule();
    }
  }

  #do(item: Item, from: Set<Item>): void {
    from.delete(item);
    const start = performance.now();
    // Before the work, in which it may be deleted.
    this.#costly.delete(item);
    try {
      this.#work(item);
    } finally {
      const end = performance.now();
      if (end - start >= HEAVY) {
        this.#heavyNotBefore = end + PAUSE * (end - start);
        this.#costly.add(item);
        if (this.#light.delete(item)) this.#heavy.add(item);
      }
    }
  }
}

// Milliseconds
const SLICE = 5;
const SHORTEST_PAUSE = 1;
const HEAVY = 1;
// Times what was worked
const PAUSE = 3;
