import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { measureMemory } from 'node:vm';
import { giveBackFreedMemory, shareFreedMemory } from '../linux/malloc.ts';

/**
 * Keeps the memory of the process small. V8 lets garbage lie until much of it is there, which is for ever where little is
 * done. So when V8 has been collecting and then has had nothing to collect for a second, all of the garbage is collected
 * once, in small steps between answers, and what has become free goes back to the system. As long as nothing happens
 * nothing is done, and a question now and then makes too little garbage to be of any note.
 */
export class ProcessMemory {
  readonly #observer: PerformanceObserver;
  readonly #quiet: NodeJS.Timeout;
  /** Bytes that were in use after the last collection of all garbage. */
  #kept = 0;
  #prefersMemory = false;

  constructor() {
    // The part for new objects stays as it is at first, 1 MiB in each half; left alone it grows to sixteen times that,
    // for lookups that are no quicker by it (docs/performance.md).
    setFlagsFromString('--semi-space-growth-factor=1');
    shareFreedMemory();
    this.#quiet = setTimeout(() => this.#settle(), QUIET).unref();
    this.#observer = new PerformanceObserver((list) => {
      if (this.#prefersMemory && list.getEntries().some(isScavenge)) this.#preferMemory(false);
      this.#quiet.refresh();
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  close(): void {
    this.#observer.disconnect();
    clearTimeout(this.#quiet);
  }

  #settle(): void {
    const used = usedBytes();
    if (used - this.#kept < WORTH_COLLECTING) {
      this.#kept = Math.min(this.#kept, used);
      giveBackFreedMemory();
      return;
    }
    this.#kept = used;
    this.#preferMemory(true);
    // It is a collection, too, after which this comes again. V8 itself follows with some more, eight seconds apart.
    const done = (): void => {
      this.#kept = usedBytes();
    };
    // A Node that does not do this any more collects when it likes.
    startCollection().then(done, done);
  }

  /**
   * Whether V8 is to empty pages that are used in part, and to follow a collection of all garbage with another one as soon
   * as eight seconds have gone by: else it does both if it finds that it has the time.
   */
  #preferMemory(memory: boolean): void {
    this.#prefersMemory = memory;
    setFlagsFromString(memory ? '--optimize-for-size' : '--no-optimize-for-size');
  }
}

/** Whether it was objects that are new which were collected: somebody has made them. */
function isScavenge(entry: PerformanceEntry): boolean {
  return (entry as { detail?: { kind?: number } }).detail?.kind === constants.NODE_PERFORMANCE_GC_MINOR;
}

function usedBytes(): number {
  return getHeapStatistics().used_heap_size;
}

/**
 * Has V8 collect all garbage, a step at a time, and resolves when that is done. Of all that Node offers only this does so
 * in steps: gc() of --expose-gc stops everything for 200 ms with ten thousand machines. What is measured does not matter.
 */
async function startCollection(): Promise<void> {
  // It says on standard error that it is experimental, which is nothing that an administrator could do anything about.
  const { emitWarning } = process;
  process.emitWarning = () => {};
  let measured: Promise<unknown>;
  try {
    measured = measureMemory({ execution: 'eager' });
  } finally {
    process.emitWarning = emitWarning;
  }
  await measured;
}

/** Milliseconds. */
const QUIET = 1000;
/** Bytes. */
const WORTH_COLLECTING = 2 * 1024 * 1024;
