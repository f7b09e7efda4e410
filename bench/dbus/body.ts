/** Reads bodies of D-Bus messages, little endian, of the types that are compared here: s, o, i, y, arrays, structures. */
export function decodeBody(signature: string, body: Uint8Array): unknown[] {
  const reader = new Reader(signature, Buffer.from(body.buffer, body.byteOffset, body.length));
  const values: unknown[] = [];
  while (reader.type < signature.length) values.push(reader.value());
  return values;
}

class Reader {
  /** Where in the signature. */
  type = 0;
  #at = 0;
  readonly #signature: string;
  readonly #bytes: Buffer;

  constructor(signature: string, bytes: Buffer) {
    this.#signature = signature;
    this.#bytes = bytes;
  }

  value(): unknown {
    const code = this.#signature[this.type];
    this.type += 1;
    if (code === 'a') return this.#array();
    if (code === '(') return this.#structure();
    if (code === 'y') return this.#bytes[this.#at++];
    const number = this.#word();
    if (code === 'i') return number;
    if (code !== 's' && code !== 'o') throw new Error(`cannot read ${code} of ${this.#signature}`);
    this.#at += number + 1;
    return this.#bytes.toString('utf8', this.#at - number - 1, this.#at - 1);
  }

  #array(): unknown[] {
    const values: unknown[] = [];
    const length = this.#word();
    const element = this.type;
    if (this.#signature[element] === '(') this.#align(8);
    const end = this.#at + length;
    while (this.#at < end) {
      this.type = element;
      values.push(this.value());
    }
    if (length === 0) this.type = element + elementLength(this.#signature.slice(element));
    return values;
  }

  #structure(): unknown[] {
    const values: unknown[] = [];
    this.#align(8);
    while (this.#signature[this.type] !== ')') values.push(this.value());
    this.type += 1;
    return values;
  }

  #word(): number {
    this.#align(4);
    this.#at += 4;
    return this.#bytes.readInt32LE(this.#at - 4);
  }

  #align(to: number): void {
    this.#at += -this.#at & (to - 1);
  }
}

// How much of a signature its first complete type takes.
function elementLength(signature: string): number {
  if (signature[0] === 'a') return 1 + elementLength(signature.slice(1));
  if (signature[0] !== '(') return 1;
  let length = 1;
  while (signature[length] !== ')') length += elementLength(signature.slice(length));
  return length + 1;
}
