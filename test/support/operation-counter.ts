import { Session } from 'node:inspector';

/**
 * Counts what is done to answer something, instead of how long it takes: how often each piece of our own code runs (the
 * block counters of V8's precise coverage), and how many items the methods of arrays, maps and sets go over, which are
 * not our code. Only modules that are loaded after it was made are counted.
 */
export class OperationCounter {
  readonly #session = new Session();
  #items = 0;

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How much is done until `work` is. */
  async count(work: () => unknown): Promise<number> {
    this.#blocks();
    this.#items = 0;
    const restore = this.#watchCollections();
    try {
      await work();
    } finally {
      restore();
    }
    return this.#items + this.#blocks();
  }

  close(): void {
    // Not stopped: it may be that the coverage of the whole test is being measured, which is the same counters.
    this.#session.disconnect();
  }

  /** Since the last time. What is told synchronously, since the session is with this thread itself. */
  #blocks(): number {
    let sum = 0;
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error) throw error;
      for (const { url, functions } of answer.result) {
        if (!url.includes('/src/') || url.includes('/node_modules/')) continue;
        for (const { ranges } of functions) for (const { count } of ranges) sum += count;
      }
    });
    return sum;
  }

  #watchCollections(): () => void {
    const undo = [
      this.#watch(Array.prototype, ARRAY_METHODS, (array) => (array as unknown[]).length),
      this.#watch(Map.prototype, COLLECTION_METHODS, (map) => (map as Map<unknown, unknown>).size),
      this.#watch(Set.prototype, COLLECTION_METHODS, (set) => (set as Set<unknown>).size),
    ];
    return () => {
      for (const step of undo) step();
    };
  }

  /** As if each call went over all there is. */
  #watch(prototype: object, methods: readonly PropertyKey[], length: (collection: unknown) => number): () => void {
    const add = (count: number): void => {
      this.#items += count;
    };
    const before = methods.map((name) => [name, Object.getOwnPropertyDescriptor(prototype, name)] as const);
    for (const [name, descriptor] of before) {
      const method = descriptor?.value as (...parameters: unknown[]) => unknown;
      Object.defineProperty(prototype, name, {
        ...descriptor,
        value(this: unknown, ...parameters: unknown[]) {
          add(length(this));
          return Reflect.apply(method, this, parameters);
        },
      });
    }
    return () => {
      for (const [name, descriptor] of before) Object.defineProperty(prototype, name, descriptor as PropertyDescriptor);
    };
  }
}

const COLLECTION_METHODS = ['forEach', 'keys', 'values', 'entries', Symbol.iterator];
const ARRAY_METHODS = [
  ...['includes', 'indexOf', 'lastIndexOf', 'find', 'findIndex', 'findLast', 'findLastIndex', 'some', 'every'],
  ...[
    'filter',
    'map',
    'flatMap',
    'flat',
    'forEach',
    'reduce',
    'reduceRight',
    'sort',
    'reverse',
    'toSorted',
    'toReversed',
  ],
  ...['slice', 'splice', 'concat', 'join', 'fill', 'shift', 'unshift', 'keys', 'values', 'entries', Symbol.iterator],
];
