import { closeSync, fstatSync } from 'node:fs';
import { ProtocolError } from '../errors.ts';
import type { PassedDescriptors } from './transport.ts';

/** The most that come with one message: the kernel passes no more with one sendmsg(2). */
export const MAXIMUM_DESCRIPTORS = 253;

/**
 * Descriptors that came in, until their message is whole. The field UNIX_FDS of a message says how many are its own;
 * they are in the order of the stream.
 */
export class DescriptorQueue {
  // Undefined stands for those that this process had no number left for.
  readonly #waiting: (number | undefined)[] = [];

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  push({ numbers, truncated }: PassedDescriptors): void {
    this.#waiting.push(...numbers);
    if (truncated) this.#waiting.push(undefined);
    if (this.#waiting.length > MAXIMUM_DESCRIPTORS + 1) {
      throw new ProtocolError(`${this.#waiting.length} descriptors came with one message`);
    }
  }

  /**
   * The next `count`, or undefined when some of them are lost; then the others are closed.
   * Throws a {@link ProtocolError} when there are not as many.
   */
  take(count: number): readonly number[] | undefined {
    const taken = this.#waiting.splice(0, count);
    const lost = taken.indexOf(undefined);
    const numbers = taken.filter((number) => number !== undefined);
    if (lost >= 0) {
      // What follows the gap belongs to a later message.
      this.#waiting.unshift(...taken.slice(lost + 1));
      closeDescriptors(taken.slice(0, lost) as number[]);
      return undefined;
    }
    if (numbers.length === count) return numbers;
    closeDescriptors(numbers);
    throw new ProtocolError(`a message has ${numbers.length} of its ${count} descriptors`);
  }

  close(): void {
    closeDescriptors(this.#waiting.splice(0).filter((number) => number !== undefined));
  }
}

/** Closes descriptors, each number once. One that is closed already keeps none of the others open. */
export function closeDescriptors(descriptors: Iterable<number>): void {
  for (const descriptor of new Set(descriptors)) {
    try {
      closeSync(descriptor);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBADF') throw error;
    }
  }
}

/** Throws the error of fstat(2) when a number is no open descriptor: sending it would end the connection. */
export function requireOpen(descriptors: readonly number[]): void {
  if (descriptors.length > MAXIMUM_DESCRIPTORS)
    throw new RangeError(`${descriptors.length} descriptors in one message`);
  for (const descriptor of descriptors) fstatSync(descriptor);
}
