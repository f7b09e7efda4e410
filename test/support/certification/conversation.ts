import type { Methods } from './org.varlink.certification.ts';

type Replies = { readonly [Name in keyof Methods]: Methods[Name]['reply'] };

/** What the service answers to each method with one reply, and is to hear back in the next. */
export const replies: Pick<
  Replies,
  'Test01' | 'Test02' | 'Test03' | 'Test04' | 'Test05' | 'Test06' | 'Test07' | 'Test08' | 'Test09'
> = {
  Test01: { bool: true },
  Test02: { int: 1 },
  Test03: { float: 1.0 },
  Test04: { string: 'ping' },
  Test05: { bool: false, int: 2, float: Math.PI, string: 'a lot of string' },
  Test06: { struct: { bool: false, int: 2, float: Math.PI, string: 'a lot of string' } },
  Test07: { map: { bar: 'Bar', foo: 'Foo' } },
  Test08: { set: { one: {}, two: {}, three: {} } },
  Test09: {
    mytype: {
      object: { method: 'org.varlink.certification.Test09', parameters: { map: { foo: 'Foo', bar: 'Bar' } } },
      enum: 'two',
      struct: { first: 1, second: '2' },
      array: ['one', 'two', 'three'],
      dictionary: { foo: 'Foo', bar: 'Bar' },
      stringset: { one: {}, two: {}, three: {} },
      nullable: null,
      nullable_array_struct: null,
      interface: {
        foo: [null, { foo: 'foo', bar: 'bar' }, null, { one: 'foo', two: 'bar' }],
        anon: { foo: true, bar: false },
      },
    },
  },
};

/** The replies to Test10. */
export const moreReplies: readonly string[] = Array.from({ length: 10 }, (_, index) => `Reply number ${index + 1}`);
