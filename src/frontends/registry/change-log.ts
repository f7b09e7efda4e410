/**
 * The last changes, kept once for all subscribers: each of them only knows up to which it has been told. What is over
 * the limit is dropped at the old end, whoever has not been told of it yet.
 */
export class ChangeLog<Change extends { readonly length: number }> {
  readonly #limit: number;
  readonly #changes = new Map<number, Change>();
  #start = 0;
  #length = 0;

  /** @param limit of what the lengths of the changes come to; the last one is kept, however long it is */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The position of the change that comes next. */
  get end(): number {
    return this.#start + this.#changes.size;
  }

  append(change: Change): void {
    this.#changes.set(this.end, change);
    this.#length += change.length;
    while (this.#length > this.#limit && this.#changes.size > 1) this.#dropFirst();
  }

  /** The change at a position; undefined when it has not happened yet. @throws RangeError when it was dropped */
  at(position: number): Change | undefined {
    if (this.hasDropped(position)) throw new RangeError(`change ${position} has been dropped`);
    return this.#changes.get(position);
  }

  hasDropped(position: number): boolean {
    return position < this.#start;
  }

  /** Forgets all of them. */
  clear(): void {
    this.#start = this.end;
    this.#changes.clear();
    this.#length = 0;
  }

  #dropFirst(): void {
    this.#length -= this.#changes.get(this.#start)?.length ?? 0;
    this.#changes.delete(this.#start);
    this.#start++;
  }
}
