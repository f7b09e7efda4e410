import { parseSignature, type TypeTree } from '../../../src/dbus/codec/signature.ts';

/**
 * Writes a body straight from the D-Bus Specification ("Marshaling"), in either byte order: something to hold what
 * dbus-next writes, and what is read of it, against. Values are as `ValueOf` has them; `h` is an index.
 */
export function referenceBody(signature: string, values: readonly unknown[], littleEndian: boolean): Buffer {
  const writer = new Writer(littleEndian);
  for (const [index, tree] of parseSignature(signature).entries()) writer.write(tree, values[index]);
  return Buffer.from(writer.bytes);
}

/** A message: fields are code, signature and value, in their order. */
export function referenceMessage(
  head: { readonly type: number; readonly flags?: number; readonly serial: number },
  fields: readonly (readonly [code: number, signature: string, value: unknown])[],
  body: Uint8Array,
  littleEndian: boolean,
): Buffer {
  const writer = new Writer(littleEndian);
  const start = [littleEndian ? 0x6c : 0x42, head.type, head.flags ?? 0, 1];
  for (const byte of start) writer.number(byte, 1);
  writer.number(body.length, 4);
  writer.number(head.serial, 4);
  const structures = fields.map(([code, signature, value]) => [code, { signature, value }]);
  writer.write(parseSignature('a(yv)')[0] as TypeTree, structures);
  writer.align(8);
  return Buffer.concat([Buffer.from(writer.bytes), body]);
}

class Writer {
  readonly bytes: number[] = [];
  readonly #littleEndian: boolean;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  align(to: number): void {
    while (this.bytes.length % to !== 0) this.bytes.push(0);
  }

  number(value: number | bigint, size: number): void {
    this.align(size);
    const digits = Array.from({ length: size }, (_, place) => Number((BigInt(value) >> BigInt(8 * place)) & 0xffn));
    this.bytes.push(...(this.#littleEndian ? digits : digits.reverse()));
  }

  write(tree: TypeTree, value: unknown): void {
    const size = NUMBERS[tree.type];
    if (size !== undefined) this.number(bitsOf(tree.type, value), size);
    else if (tree.type === 'g') this.#text(value as string, 1);
    else if (tree.type === 's' || tree.type === 'o') this.#text(value as string, 4);
    else if (tree.type === 'a') this.#array(tree.child[0] as TypeTree, [...(value as Iterable<unknown>)]);
    else if (tree.type === 'v') {
      const variant = value as { readonly signature: string; readonly value: unknown };
      this.#text(variant.signature, 1);
      this.write(parseSignature(variant.signature)[0] as TypeTree, variant.value);
    } else {
      this.align(8);
      for (const [index, each] of tree.child.entries()) this.write(each, (value as readonly unknown[])[index]);
    }
  }

  #text(text: string, lengthSize: number): void {
    const utf8 = [...Buffer.from(text)];
    this.number(utf8.length, lengthSize);
    for (const byte of utf8) this.bytes.push(byte);
    this.bytes.push(0);
  }

  #array(element: TypeTree, values: readonly unknown[]): void {
    this.number(0, 4);
    const length = this.bytes.length - 4;
    if ('xtd({'.includes(element.type)) this.align(8);
    const start = this.bytes.length;
    for (const each of values) this.write(element, each);
    const written = new Writer(this.#littleEndian);
    written.number(this.bytes.length - start, 4);
    this.bytes.splice(length, 4, ...written.bytes);
  }
}

/** Bytes of each type that is one number. */
const NUMBERS: Readonly<Record<string, number>> = { y: 1, n: 2, q: 2, i: 4, u: 4, h: 4, b: 4, x: 8, t: 8, d: 8 };

function bitsOf(type: string, value: unknown): number | bigint {
  if (type === 'b') return value === true ? 1 : 0;
  if (type === 'd') return new BigInt64Array(new Float64Array([value as number]).buffer)[0] as bigint;
  return value as number | bigint;
}
