import type { PreparedReply } from '../../varlink/index.ts';

/**
 * The last changes, kept once for all subscribers: each of them only knows up to which it has been told. What is over
 * the limit is dropped at the old end, whoever has not been told of it yet.
 */
export class ChangeLog<Reply> {
  readonly #limit: number;
  readonly #changes = new Map<number, PreparedReply<Reply>>();
  #start = 0;
  #length = 0;

  /** @param limit characters of the replies that are kept; the last one is, however long it is */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The position of the change that comes next. */
  get end(): number {
    return this.#start + this.#changes.size;
  }

  append(change: PreparedReply<Reply>): void {
    this.#changes.set(this.end, change);
    this.#length += change.text.length;
    while (this.#length > this.#limit && this.#changes.size > 1) this.#dropFirst();
  }

  /** The change at a position; undefined when it has not happened yet. @throws RangeError when it was dropped */
  at(position: number): PreparedReply<Reply> | undefined {
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
    this.#length -= this.#changes.get(this.#start)?.text.length ?? 0;
    this.#changes.delete(this.#start);
    this.#start++;
  }
}
