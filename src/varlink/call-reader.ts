/**
 * Reads a call of a known shape from its bytes: text that is the same in all such calls, and the values between. Each
 * step says whether it found what it is for; when one did not, the call has another shape, or says the same in other
 * words, and is to be read as JSON.
 *
 *     reader.begin(call);
 *     if (reader.skip(before)) number = reader.number();
 */
export class CallReader {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Starts anew with another call, which must not change while it is read. */
  begin(call: Buffer): void {
    this.#bytes = call;
    this.#at = 0;
  }

  /** Goes past a text. False, and nothing else, when something else is there. */
  skip(text: Uint8Array): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    const { length } = text;
    if (start + length > bytes.length) return false;
    for (let at = 0; at < length; at++) if (bytes[start + at] !== text[at]) return false;
    this.#at = start + length;
    return true;
  }

  /** A whole number of at most ten digits, in the only way that JSON.stringify writes it; -1 for anything else. */
  number(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let value = 0;
    for (let digit = digitAt(bytes, at); digit >= 0; digit = digitAt(bytes, ++at)) value = value * 10 + digit;
    const digits = at - start;
    if (digits === 0 || digits > 10 || (digits > 1 && bytes[start] === ZERO)) return -1;
    this.#at = at;
    return value;
  }

  /**
   * What there is of ASCII letters, digits, hyphens, underscores and dots, which stand for themselves in any JSON string.
   * Empty for none.
   */
  word(): string {
    const start = this.#at;
    this.skipWord();
    return this.#bytes.toString('latin1', start, this.#at);
  }

  /** Goes past a word without making a string of it. */
  skipWord(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while (at < bytes.length && plain[bytes[at] as number] === 1) at++;
    this.#at = at;
  }

  /** Up to which of its bytes the call has been read. */
  get position(): number {
    return this.#at;
  }

  /** Whether all of the call has been read. */
  get done(): boolean {
    return this.#at === this.#bytes.length;
  }
}

const ZERO = 0x30;

const plain = new Uint8Array(256);
for (const byte of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.')) plain[byte] = 1;

/** The digit at a place, or -1. */
function digitAt(bytes: Buffer, at: number): number {
  const digit = at < bytes.length ? (bytes[at] as number) - ZERO : -1;
  return digit <= 9 ? digit : -1;
}
