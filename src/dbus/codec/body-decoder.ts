import DBusBuffer from 'dbus-next/lib/dbus-buffer.js';
import { isObjectPath } from '../names.ts';
import { Variant } from '../values.ts';
import { BIG_ENDIAN, LITTLE_ENDIAN } from './message.ts';
import { isCompleteType, isSignature, parseSignature, type TypeTree } from './signature.ts';

/**
 * The values of a body, as {@link ValueOf} has them.
 * @param descriptors that came with the message, which `h` counts
 * Throws an Error, of whatever class, when the bytes are not what the signature says.
 */
export function decodeBody(
  signature: string,
  bytes: Buffer,
  littleEndian: boolean,
  descriptors?: readonly number[],
): unknown[] {
  if (signature === '') {
    if (bytes.length > 0) throw new TypeError('there is a body without a signature');
    return [];
  }
  const reader = new BodyReader(bytes, littleEndian, descriptors);
  const values = reader.readStruct(parseSignature(signature));
  if (reader.pos !== bytes.length) throw new TypeError(`${bytes.length - reader.pos} bytes follow the body`);
  return values;
}

/**
 * dbus-next's reader, which walks the types and reads numbers, with what it lacks for bytes from anybody: every length
 * is checked against what is there, strings against their form, and nesting is limited. Dictionaries become maps, which
 * no key can turn into something else, and variants keep their signature. Its big-endian 64-bit numbers are wrong.
 */
export class BodyReader extends DBusBuffer {
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  #depth = 0;

  constructor(bytes: Buffer, littleEndian: boolean, descriptors?: readonly number[]) {
    super(bytes, 0, littleEndian ? LITTLE_ENDIAN : BIG_ENDIAN, descriptors, { ayBuffer: true });
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#littleEndian = littleEndian;
  }

  override readTree(tree: TypeTree): unknown {
    if (tree.child.length === 0 && tree.type !== 'v') return this.readSimpleType(tree.type);
    if (++this.#depth > DEPTH) throw new TypeError(`values are nested more than ${DEPTH} deep`);
    const value = super.readTree(tree);
    this.#depth--;
    return value;
  }

  override readSimpleType(type: string): unknown {
    switch (type) {
      case 'b': {
        const word = this.readInt32();
        if (word > 1) throw new TypeError(`${word} is no boolean`);
        return word === 1;
      }
      case 'o':
      case 'g': {
        const text = super.readSimpleType(type) as string;
        if (type === 'o' ? isObjectPath(text) : isSignature(text)) return text;
        throw new TypeError(`${JSON.stringify(text)} is no ${type === 'o' ? 'object path' : 'signature'}`);
      }
      case 'x':
        return this.#view.getBigInt64(this.#eightBytes(), this.#littleEndian);
      case 't':
        return this.#view.getBigUint64(this.#eightBytes(), this.#littleEndian);
      default:
        return super.readSimpleType(type);
    }
  }

  override readInt8(): number {
    this.#require(1);
    return super.readInt8();
  }

  override readString(length: number): string {
    this.#require(length + 1);
    const end = this.pos + length;
    if (this.buffer[end] !== 0) throw new TypeError('a string does not end where its length says');
    const text = isPlain(this.buffer, this.pos, end)
      ? this.buffer.toString('latin1', this.pos, end)
      : utf8.decode(this.buffer.subarray(this.pos, end));
    if (text.includes('\0')) throw new TypeError('a string has a NUL in it');
    this.pos = end + 1;
    return text;
  }

  override readVariant(): Variant {
    const signature = this.readSimpleType('g') as string;
    if (!isCompleteType(signature)) throw new TypeError(`a variant is of the type ${JSON.stringify(signature)}`);
    return new Variant(signature, this.readTree(parseSignature(signature)[0] as TypeTree));
  }

  override readArray(element: TypeTree, length: number): unknown {
    if (length > MAXIMUM_ARRAY) throw new TypeError(`an array has ${length} bytes`);
    if ('xtd({'.includes(element.type)) this.align(3);
    this.#require(length);
    const end = this.pos + length;
    const value = this.#elements(element, end);
    if (this.pos !== end) throw new TypeError('an array does not end where its length says');
    return value;
  }

  #elements(element: TypeTree, end: number): unknown {
    if (element.type === 'y') {
      const bytes = new Uint8Array(this.buffer.subarray(this.pos, end));
      this.pos = end;
      return bytes;
    }
    if (element.type === '{') {
      const map = new Map<unknown, unknown>();
      while (this.pos < end) {
        const [key, value] = this.readTree(element) as [unknown, unknown];
        map.set(key, value);
      }
      return map;
    }
    const values: unknown[] = [];
    while (this.pos < end) values.push(this.readTree(element));
    return values;
  }

  #eightBytes(): number {
    this.align(3);
    const at = this.pos;
    this.pos += 8;
    return at;
  }

  #require(length: number): void {
    if (this.pos + length > this.buffer.length) throw new TypeError('the body ends too early');
  }
}

/** Bytes (D-Bus Specification, "Marshaling (Wire Format)"). */
const MAXIMUM_ARRAY = 64 * 1024 * 1024;
/** Arrays, structures and variants together (the same section). */
const DEPTH = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** ASCII, as nearly every string is, needs no decoder, which costs more than the rest. */
function isPlain(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] as number) > 0x7f) return false;
  return true;
}
