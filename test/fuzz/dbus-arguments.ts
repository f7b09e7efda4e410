import fc from 'fast-check';
import type { Arguments } from '../../src/dbus/objects/interface.ts';
import { valuesFor } from '../dbus/codec/arbitrary.ts';
import { KNOWN_PATHS } from './enclosed-files.ts';
import { hostileText } from './hostile.ts';

/** The signature of a method's arguments. */
export const joined = (types: Arguments): string => Object.values(types).join('');
/** Text that D-Bus can carry. */
export const text: fc.Arbitrary<string> = hostileText.map((any) =>
  Buffer.from(any).toString('utf8').replaceAll('\0', ''),
);
const named = fc.oneof(fc.constantFrom('good', '.host', 'container', 'vm', 'all', 'leader'), text);

/** What is worth trying where an argument of this name is. */
const known: Readonly<Record<string, readonly unknown[]>> = {
  name: ['good', 'good', 'image', 'other', 'clone', '.host'],
  user: ['root', '', '0', 'nobody-here'],
  path: ['/bin/true', '', '/nowhere'],
  args: [['true'], ['true', 'a b', ''], []],
  environment: [['A=b'], [], ['=b']],
  source: KNOWN_PATHS,
  destination: [...KNOWN_PATHS, ''],
  new_name: ['clone', 'another', 'image'],
  size: [1n << 20n, (1n << 64n) - 1n],
  mode: ['hidden', 'all'],
  flags: [0n, 1n],
};

/** Values of a method's arguments; texts among them are, mostly, such as could mean something. */
export function argumentsOf(given: Arguments): fc.Arbitrary<readonly unknown[]> {
  const types = Object.entries(given);
  const any = valuesFor(joined(given));
  const worth = fc.tuple(...types.map(([name]) => fc.constantFrom(...(known[name] ?? [undefined]))));
  const texts = fc.array(named, { minLength: types.length, maxLength: types.length });
  return fc
    .tuple(any, texts, worth, fc.array(fc.nat(3), { minLength: types.length, maxLength: types.length }))
    .map(([values, other, good, dice]) =>
      values.map((value, index) => {
        if (good[index] !== undefined && dice[index] !== 0) return good[index];
        return typeof value === 'string' && types[index]?.[1] !== 'o' ? other[index] : value;
      }),
    );
}
