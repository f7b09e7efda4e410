import { describe, expectTypeOf, test } from 'vitest';
import type { MethodCall, PreparedBody } from '../../../src/dbus/call.ts';
import { type ImplementedInterface, implement } from '../../../src/dbus/objects/implement.ts';
import type { Answer, Implementation } from '../../../src/dbus/objects/interface.ts';
import { ObjectTree } from '../../../src/dbus/objects/object-tree.ts';
import type { AnyVariant, ValueOf } from '../../../src/dbus/values.ts';

// These are checked by the compiler: an "expect-error" without an error is one.

describe('the value of a signature', () => {
  test('of a basic type', () => {
    expectTypeOf<ValueOf<'y' | 'n' | 'q' | 'i' | 'u' | 'd' | 'h'>>().toEqualTypeOf<number>();
    expectTypeOf<ValueOf<'x' | 't'>>().toEqualTypeOf<bigint>();
    expectTypeOf<ValueOf<'s' | 'o' | 'g'>>().toEqualTypeOf<string>();
    expectTypeOf<ValueOf<'b'>>().toEqualTypeOf<boolean>();
    expectTypeOf<ValueOf<'v'>>().toEqualTypeOf<AnyVariant>();
  });

  test('of a container', () => {
    expectTypeOf<ValueOf<'ay'>>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<ValueOf<'aay'>>().toEqualTypeOf<readonly Uint8Array[]>();
    expectTypeOf<ValueOf<'as'>>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<ValueOf<'a{sv}'>>().toEqualTypeOf<ReadonlyMap<string, AnyVariant>>();
    expectTypeOf<ValueOf<'a{s(ut)}'>>().toEqualTypeOf<ReadonlyMap<string, readonly [number, bigint]>>();
    expectTypeOf<ValueOf<'a(iay)'>>().toEqualTypeOf<readonly (readonly [number, Uint8Array])[]>();
    expectTypeOf<ValueOf<'(s(ob)as)'>>().toEqualTypeOf<
      readonly [string, readonly [string, boolean], readonly string[]]
    >();
  });

  test('of what is no single complete type, or not known', () => {
    expectTypeOf<ValueOf<'ss'>>().toBeNever();
    expectTypeOf<ValueOf<''>>().toBeNever();
    expectTypeOf<ValueOf<'z'>>().toBeNever();
    expectTypeOf<ValueOf<'(s'>>().toBeNever();
    expectTypeOf<ValueOf<'a'>>().toBeNever();
    expectTypeOf<ValueOf<'a{(s)v}'>>().toBeNever();
    expectTypeOf<ValueOf<string>>().toBeUnknown();
  });
});

const description = {
  name: 'a.b',
  properties: { Fixed: { type: 't', emits: 'const' }, Free: { type: 's', emits: 'false', access: 'readwrite' } },
  methods: { Find: { in: { name: 's', 1: 'u' }, out: { path: 'o' } }, Rest: { in: {}, out: {} } },
  signals: { Gone: { name: 's' } },
} as const;
type Described = Implementation<typeof description, Date>;

describe('what answers for an interface', () => {
  test('is typed by its description', () => {
    const implementation: Described = {
      properties: {
        Fixed: (target) => BigInt(target.getTime()),
        Free: {
          get: async () => 'text',
          set: (value) => {
            expectTypeOf(value).toEqualTypeOf<string>();
          },
        },
      },
      methods: {
        Find: ({ name, 1: number }, call, target) => {
          expectTypeOf(name).toEqualTypeOf<string>();
          expectTypeOf(number).toEqualTypeOf<number>();
          expectTypeOf(call).toEqualTypeOf<MethodCall>();
          expectTypeOf(target).toEqualTypeOf<Date>();
          return { path: '/' };
        },
        Rest: () => ({}),
      },
    };
    expectTypeOf(implement(description, implementation)).toEqualTypeOf<ImplementedInterface<Date>>();
    expectTypeOf<ReturnType<Described['methods']['Find']>>().toEqualTypeOf<
      Answer<{ readonly path: string } | PreparedBody>
    >();

    // @ts-expect-error a method is missing
    const _missing: Described['methods'] = { Rest: () => ({}) };
    // @ts-expect-error a result has a wrong type
    const _wrong: Described['methods']['Find'] = () => ({ path: 1 });
    // @ts-expect-error a promise of a wrong result
    const _later: Described['methods']['Find'] = async () => ({ name: '/' });
    // @ts-expect-error 64 bits are bigint
    const _number: Described['properties']['Fixed'] = () => 1;
    // @ts-expect-error what can be written needs a way to
    const _readonly: Described['properties']['Free'] = { get: () => 'text' };
    // @ts-expect-error what cannot be written has none
    const _writable: Described['properties']['Fixed'] = { get: () => 1n, set: () => {} };
    // @ts-expect-error a description without a type
    implement({ ...description, properties: { Fixed: { emits: 'const' } } }, implementation);
  });

  test('goes with a family of its targets only', () => {
    const tree = new ObjectTree({ machineId: '', uid: 0 });
    const dated = {} as ImplementedInterface<Date>;
    const add = () => {
      tree.addFamily('/dates', { find: () => new Date(), names: () => [] }, dated);
      // @ts-expect-error targets of another type
      tree.addFamily('/strings', { find: () => 'today', names: () => [] }, dated);
      // @ts-expect-error no targets
      tree.add('/date', dated);
    };
    expectTypeOf(add).toBeFunction();
  });
});
