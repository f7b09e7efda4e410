/**
 * Reads the name of a user or group from the bytes of a call: `vu-LABEL-NUMBER`, or with `vg-`. It says where the label is,
 * so that no string need be made of it.
 */
export class NumberedName {
  readonly #prefix: Uint8Array;
  /** Where in the bytes the label begins, and ends. */
  start = 0;
  end = 0;
  number = 0;

  constructor(prefix: string) {
    this.#prefix = Buffer.from(prefix);
  }

  /** Whether the bytes from `start` up to `end` are such a name, its number a whole one of ten digits at most, in its shortest form. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    let digits = end;
    let number = 0;
    for (let scale = 1; digits > start; scale *= 10, digits--) {
      const digit = (bytes[digits - 1] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      number += digit * scale;
    }
    const count = end - digits;
    if (count === 0 || count > 10 || (count > 1 && bytes[digits] === ZERO)) return false;
    this.start = start + this.#prefix.length;
    this.end = digits - 1;
    this.number = number;
    return this.end > this.start && bytes[this.end] === HYPHEN && this.#hasPrefix(bytes, start);
  }

  #hasPrefix(bytes: Uint8Array, start: number): boolean {
    const prefix = this.#prefix;
    for (let at = 0; at < prefix.length; at++) if (bytes[start + at] !== prefix[at]) return false;
    return true;
  }
}

const ZERO = 0x30;
const HYPHEN = 0x2d;
