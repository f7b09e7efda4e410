import fc from 'fast-check';
import type { Field, Interface, Member, Struct, Type } from '../../../src/varlink/idl/syntax.ts';

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const alphanumeric = fc.constantFrom(...`${letters}0123456789`);
const fieldName = fc
  .tuple(fc.constantFrom(...letters), fc.array(fc.tuple(fc.boolean(), alphanumeric), { maxLength: 6 }))
  .map(([first, rest]) => first + rest.map(([underscore, char]) => (underscore ? `_${char}` : char)).join(''));
const memberName = fc
  .tuple(fc.constantFrom(...letters.slice(26)), fc.array(alphanumeric, { maxLength: 6 }))
  .map(([first, rest]) => first + rest.join(''));
const interfaceName = fc
  .tuple(fc.constantFrom(...letters), fc.array(fc.tuple(fc.nat(2), alphanumeric), { maxLength: 6 }), alphanumeric)
  .map(([first, rest, last]) => `${first}${rest.map(([n, char]) => '-'.repeat(n) + char).join('')}.${last}`);

// A comment's text has no end of line.
const comments = fc.array(
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll(/\n|\r$/g, '.')),
  { maxLength: 2 },
);

const types = fc.letrec<{ type: Type; plain: Exclude<Type, { kind: 'nullable' }>; struct: Struct }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'type' },
    fc
      .constantFrom(
        'bool' as const,
        'int' as const,
        'float' as const,
        'string' as const,
        'object' as const,
        'any' as const,
      )
      .map((kind) => ({ kind })),
    fc.constantFrom('First', 'Second').map((name) => ({ kind: 'reference' as const, name })),
    fc
      .uniqueArray(fc.record({ name: fieldName, comments }), {
        selector: ({ name }) => name,
        minLength: 1,
        maxLength: 3,
      })
      .map((values) => ({ kind: 'enum' as const, values })),
    tie('struct'),
    tie('type').map((element) => ({ kind: 'list' as const, element })),
    tie('type').map((element) => ({ kind: 'dictionary' as const, element })),
  ),
  type: fc.oneof(
    { depthIdentifier: 'type' },
    tie('plain'),
    tie('plain').map((element) => ({ kind: 'nullable' as const, element })),
  ),
  struct: fc
    .uniqueArray(fc.record<Field>({ name: fieldName, comments, type: tie('type') }), {
      selector: ({ name }) => name,
      maxLength: 3,
      depthIdentifier: 'type',
    })
    .map((fields) => ({ kind: 'struct' as const, fields })),
}));

const member: fc.Arbitrary<Member> = fc.oneof(
  fc.record({ kind: fc.constant('type' as const), name: memberName, comments, value: types.struct }),
  fc.record({
    kind: fc.constant('method' as const),
    name: memberName,
    comments,
    input: types.struct,
    output: types.struct,
  }),
  fc.record({ kind: fc.constant('error' as const), name: memberName, comments, parameters: types.struct }),
);

/** Any interface whose names are good; it always has the types First and Second, to which the others refer. */
export const arbitraryInterface: fc.Arbitrary<Interface> = fc.record({
  name: interfaceName,
  comments,
  members: fc
    .tuple(types.struct, types.struct, fc.uniqueArray(member, { selector: ({ name }) => name, maxLength: 4 }))
    .map(([first, second, members]): Member[] => [
      { kind: 'type', name: 'First', comments: [], value: first },
      ...members.filter(({ name }) => name !== 'First' && name !== 'Second'),
      { kind: 'type', name: 'Second', comments: [], value: second },
    ]),
  trailingComments: comments,
});
