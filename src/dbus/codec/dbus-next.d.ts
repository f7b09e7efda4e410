// The parts of dbus-next that carry bodies, which its own types leave out. They are loaded file by file: the package as
// a whole would bring its connection, which is not used, and an XML parser.

declare module 'dbus-next/lib/signature.js' {
  export interface TypeTree {
    /** The type code; `a`, `(` and `{` have children. */
    readonly type: string;
    readonly child: readonly TypeTree[];
  }
  const signature: { parseSignature(text: string): TypeTree[] };
  export default signature;
}

declare module 'dbus-next/lib/dbus-buffer.js' {
  import type { TypeTree } from 'dbus-next/lib/signature.js';

  /** Reads values from bytes. */
  export default class DBusBuffer {
    /** Where the next value begins. */
    pos: number;
    readonly buffer: Buffer;
    constructor(
      buffer: Buffer,
      startPosition: number,
      endian: number,
      descriptors: readonly number[] | undefined,
      options: { readonly ayBuffer: boolean },
    );
    /** To the next multiple of 2 to the power of this. */
    align(power: number): void;
    readInt8(): number;
    /** Unsigned, as opposed to `readSInt32`. */
    readInt32(): number;
    readString(length: number): string;
    readTree(tree: TypeTree): unknown;
    readStruct(trees: readonly TypeTree[]): unknown[];
    readArray(element: TypeTree, length: number): unknown;
    readVariant(): unknown;
    readSimpleType(type: string): unknown;
  }
}

declare module 'dbus-next/lib/marshall.js' {
  /** The bytes of a body, little-endian. Dictionaries are arrays of pairs, variants pairs of signature and value. */
  export default function marshall(signature: string, values: readonly unknown[]): Buffer;
}
