/** A value that carries its type (D-Bus Specification, "Container types": variant). */
export class Variant<Signature extends string = string> {
  /** One complete type. */
  readonly signature: Signature;
  readonly value: ValueOf<Signature>;

  constructor(signature: Signature, value: ValueOf<Signature>) {
    this.signature = signature;
    this.value = value;
  }
}

/** A {@link Variant} whose type is only known when it is looked at. */
export interface AnyVariant {
  readonly signature: string;
  readonly value: unknown;
}

/**
 * What a D-Bus type is in TypeScript: numbers up to 32 bits and doubles are numbers, 64-bit ones bigint, `ay` bytes,
 * other arrays and structures arrays, dictionaries maps (an object could be made to have another prototype by a key),
 * descriptors their numbers. Unknown for a signature that is not known when compiling.
 */
export type ValueOf<Signature extends string> = string extends Signature
  ? unknown
  : First<Signature> extends [infer Value, '']
    ? Value
    : never;

interface BasicTypes {
  y: number;
  b: boolean;
  n: number;
  q: number;
  i: number;
  u: number;
  x: bigint;
  t: bigint;
  d: number;
  s: string;
  o: string;
  g: string;
  h: number;
  v: AnyVariant;
}

/** The type of the first complete type of a signature, and the signature of the rest; undefined when there is none. */
type First<S extends string> = S extends `ay${infer Rest}`
  ? [Uint8Array, Rest]
  : S extends `a{${infer Key}${infer Rest}`
    ? Dictionary<Key, Rest>
    : S extends `a${infer Rest}`
      ? First<Rest> extends [infer Element, infer After]
        ? [readonly Element[], After]
        : undefined
      : S extends `(${infer Rest}`
        ? Structure<Rest, []>
        : S extends `${infer Code}${infer Rest}`
          ? Code extends keyof BasicTypes
            ? [BasicTypes[Code], Rest]
            : undefined
          : undefined;

type Dictionary<Key extends string, Rest extends string> = Key extends keyof BasicTypes
  ? First<Rest> extends [infer Value, `}${infer After}`]
    ? [ReadonlyMap<BasicTypes[Key], Value>, After]
    : undefined
  : undefined;

type Structure<S extends string, Members extends readonly unknown[]> = S extends `)${infer Rest}`
  ? [Readonly<Members>, Rest]
  : First<S> extends [infer Member, infer Rest extends string]
    ? Structure<Rest, [...Members, Member]>
    : undefined;
