import type { NamedRun } from '../../resolver/named-run.ts';

/**
 * Runs of ids as numbers and bytes, each in one line of the processor's cache, one next to the other: what is asked of
 * one of ten thousand at random has to come from memory, and is waited for once, not once for each of several objects.
 *
 * Each is known by a number above 0. One that is dead has no ids and no label, and stays until all are cleared away; 0 is
 * always dead.
 */
export class RunRecords {
  #words = new Uint32Array(0);
  /** The same memory. */
  #bytes = new Uint8Array(0);
  #last = 0;

  /** The number of the last one that was made, which are all that are not above it. */
  get last(): number {
    return this.#last;
  }

  /** Makes one; the label is 51 bytes of ASCII at most, of which names of users leave 26. */
  make({ inside, outside, count, label }: NamedRun): number {
    this.#last++;
    this.#reserve();
    const run = this.#last;
    const at = run * WORDS;
    this.#words[at + OUTSIDE] = outside;
    this.#words[at + COUNT] = count;
    this.#words[at + INSIDE] = inside;
    this.#bytes[run * BYTES + LENGTH] = Buffer.from(this.#bytes.buffer, run * BYTES + LABEL).write(label, 'latin1');
    return run;
  }

  kill(run: number): void {
    this.#words[run * WORDS + COUNT] = 0;
  }

  clear(): void {
    this.#last = 0;
  }

  isDead(run: number): boolean {
    return this.#words[run * WORDS + COUNT] === 0;
  }

  /** Whether an id on the host is in it. */
  has(run: number, id: number): boolean {
    const at = run * WORDS;
    const offset = id - (this.#words[at + OUTSIDE] as number);
    return offset >= 0 && offset < (this.#words[at + COUNT] as number);
  }

  isSame(run: number, { inside, outside, count }: NamedRun): boolean {
    const at = run * WORDS;
    const words = this.#words;
    return words[at + OUTSIDE] === outside && words[at + COUNT] === count && words[at + INSIDE] === inside;
  }

  /** Whether it has the label that the bytes of a text from `start` up to `end` are. */
  hasLabel(run: number, text: Uint8Array, start: number, end: number): boolean {
    if (this.isDead(run) || this.labelLength(run) !== end - start) return false;
    const bytes = this.#bytes;
    let at = run * BYTES + LABEL;
    for (let index = start; index < end; index++) if (bytes[at++] !== text[index]) return false;
    return true;
  }

  /** The number inside of an id on the host that is in it. */
  inside(run: number, id: number): number {
    const at = run * WORDS;
    return id - (this.#words[at + OUTSIDE] as number) + (this.#words[at + INSIDE] as number);
  }

  /** The id on the host of a number inside; -1 where the run does not have that. */
  outside(run: number, insideId: number): number {
    const at = run * WORDS;
    const offset = insideId - (this.#words[at + INSIDE] as number);
    if (offset < 0 || offset >= (this.#words[at + COUNT] as number)) return -1;
    return offset + (this.#words[at + OUTSIDE] as number);
  }

  labelLength(run: number): number {
    return this.#bytes[run * BYTES + LENGTH] as number;
  }

  /** Writes the label into a message. */
  putLabel(run: number, message: Uint8Array, start: number): void {
    const bytes = this.#bytes;
    const from = run * BYTES + LABEL;
    const length = this.labelLength(run);
    for (let index = 0; index < length; index++) message[start + index] = bytes[from + index] as number;
  }

  /** What a function makes of the label's bytes. */
  withLabel<Result>(run: number, use: (bytes: Uint8Array, start: number, end: number) => Result): Result {
    const start = run * BYTES + LABEL;
    return use(this.#bytes, start, start + this.labelLength(run));
  }

  #reserve(): void {
    const needed = (this.#last + 1) * WORDS;
    if (needed <= this.#words.length) return;
    const words = new Uint32Array(Math.max(FIRST_ROOM * WORDS, 2 * needed));
    words.set(this.#words);
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer);
  }
}

/** Runs. */
const FIRST_ROOM = 16;

/** 64 bytes, as a line of the cache is on most processors. */
const WORDS = 16;
const BYTES = WORDS * Uint32Array.BYTES_PER_ELEMENT;
/** Words. */
const OUTSIDE = 0;
const COUNT = 1;
const INSIDE = 2;
/** Bytes. */
const LENGTH = 12;
const LABEL = 13;
