import fc from 'fast-check';
import { parseSignature, type TypeTree } from '../../../src/dbus/codec/signature.ts';
import { Variant } from '../../../src/dbus/values.ts';

/** A signature and values for it. */
export interface Body {
  readonly signature: string;
  readonly values: readonly unknown[];
}

// dbus-next writes neither -2^63 nor doubles that are not finite, and no sign of a zero.
const basic: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  y: fc.nat(0xff),
  b: fc.boolean(),
  n: fc.integer({ min: -0x8000, max: 0x7fff }),
  q: fc.nat(0xffff),
  i: fc.integer(),
  u: fc.integer({ min: 0, max: 0xffffffff }),
  x: fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }),
  t: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  d: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value || 0),
  s: fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
  o: fc.array(fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/), { maxLength: 4 }).map((elements) => `/${elements.join('/')}`),
  g: fc.constantFrom('', 's', 'a{sv}', '(iay)', 'ssso'),
};

const { type } = fc.letrec<{ type: string }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...Object.keys(basic)),
    fc.constant('v'),
    tie('type').map((each) => `a${each}`),
    fc.tuple(fc.constantFrom(...Object.keys(basic)), tie('type')).map(([key, value]) => `a{${key}${value}}`),
    fc.array(tie('type'), { minLength: 1, maxLength: 3 }).map((members) => `(${members.join('')})`),
  ),
}));

/** Bodies of any types. */
export const anyBody: fc.Arbitrary<Body> = fc
  .array(type, { maxLength: 4 })
  .map((types) => types.join(''))
  .filter((signature) => signature.length < 200)
  .chain((signature) =>
    fc
      .tuple(...parseSignature(signature).map((tree) => valuesOf(tree, 0)))
      .map((values): Body => ({ signature, values })),
  );

/** Values of the types of a signature. */
export function valuesFor(signature: string): fc.Arbitrary<readonly unknown[]> {
  return fc.tuple(...parseSignature(signature).map((tree) => valuesOf(tree, 0)));
}

function valuesOf(tree: TypeTree, depth: number): fc.Arbitrary<unknown> {
  const [child] = tree.child as [TypeTree];
  if (tree.type === 'a') {
    if (child.type === 'y') return fc.uint8Array({ maxLength: 20 });
    if (child.type !== '{') return fc.array(valuesOf(child, depth), { maxLength: 4 });
    const [key, value] = child.child as [TypeTree, TypeTree];
    return fc
      .array(fc.tuple(valuesOf(key, depth), valuesOf(value, depth)), { maxLength: 4 })
      .map((all) => new Map(all));
  }
  if (tree.type === '(') return fc.tuple(...tree.child.map((member) => valuesOf(member, depth)));
  if (tree.type === 'v') return depth > 2 ? variantOf('s', depth) : type.chain((each) => variantOf(each, depth));
  return basic[tree.type] as fc.Arbitrary<unknown>;
}

function variantOf(signature: string, depth: number): fc.Arbitrary<Variant> {
  return valuesOf(parseSignature(signature)[0] as TypeTree, depth + 1).map((value) => new Variant(signature, value));
}
