import { closeDescriptors } from './close-descriptors.ts';
import { ProtocolError } from './errors.ts';
import type { ArrivedDescriptors } from './transport.ts';

/**
 * @private Descriptors that came in, until the message that they came with is taken.
 *
 * They come with the first byte of a message (sd-varlink 262 sends them so), and one read may have had bytes from before
 * in front of it, but none that were sent after it. So they belong to the message that the last byte of the read is of.
 * sd-varlink gives them to the first message of the read instead, which is the same where no calls are pipelined.
 */
export class DescriptorInput {
  readonly #limit: number;
  readonly #waiting: { readonly lastByte: number; readonly numbers: readonly number[] }[] = [];
  #count = 0;
  /** Bytes that were read. */
  #read = 0;

  /** @param limit how many may wait at one time */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Notes that so many bytes were read, and what came with them. Throws {@link ProtocolError} when it is too much. */
  read(length: number, descriptors: ArrivedDescriptors | undefined): void {
    this.#read += length;
    if (descriptors === undefined) return;
    const { numbers, truncated } = descriptors;
    this.#waiting.push({ lastByte: this.#read - 1, numbers });
    this.#count += numbers.length;
    if (truncated) throw new ProtocolError('descriptors were sent for which there was no room');
    if (this.#count > this.#limit) throw new ProtocolError(`more than ${this.#limit} descriptors were sent`);
  }

  /** Those of the message that was just taken. @param left bytes that were read and not taken yet */
  take(left: number): readonly number[] {
    let taken = none;
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      if (first.lastByte >= this.#read - left) break;
      taken = [...taken, ...first.numbers];
      this.#count -= first.numbers.length;
      this.#waiting.shift();
    }
    return taken;
  }

  /** Nobody will take them. */
  close(): void {
    this.#count = 0;
    for (const { numbers } of this.#waiting.splice(0)) closeDescriptors(numbers);
  }
}

const none: readonly number[] = [];
