interface Entry<T> {
  readonly value: T;
  /** When the change to it began, and when the last answer could be given that has not heard of it. */
  readonly from: number;
  readonly until: number;
}

/**
 * What a thing was, and when. A change takes time: from when it is begun to when it must be known everywhere, both what
 * was before and what comes after are right.
 */
export class Timeline<T> {
  #entries: Entry<T>[];

  constructor(value: T) {
    this.#entries = [{ value, from: Number.NEGATIVE_INFINITY, until: Number.NEGATIVE_INFINITY }];
  }

  /** What it is, or is becoming. */
  get now(): T {
    return (this.#entries.at(-1) as Entry<T>).value;
  }

  /** Begins a change to a value. The function that comes back ends it: what was before is right for so long more. */
  begin(value: T): (milliseconds: number) => void {
    const index = this.#entries.push({ value, from: performance.now(), until: Number.POSITIVE_INFINITY }) - 1;
    const entry = this.#entries[index] as Entry<T>;
    return (milliseconds) => {
      this.#entries = this.#entries.map((one) =>
        one === entry ? { ...one, until: performance.now() + milliseconds } : one,
      );
    };
  }

  /** All that was right at some time between two. */
  between(start: number, end: number): T[] {
    return this.#entries
      .filter(
        ({ from }, index) => from <= end && (this.#entries[index + 1]?.until ?? Number.POSITIVE_INFINITY) >= start,
      )
      .map(({ value }) => value);
  }

  /** Forgets what nobody who asks after a time can be told any more. */
  forget(before: number): void {
    const first = this.#entries.findIndex((_, index) => (this.#entries[index + 1]?.until ?? before) >= before);
    this.#entries = this.#entries.slice(first);
  }
}
