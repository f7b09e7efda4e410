import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Check, compileCheck } from '../../../src/varlink/idl/check.ts';
import { parseInterface } from '../../../src/varlink/idl/parse.ts';

const check = compile(
  '(i: ?int, f: ?float, s: ?string, b: ?bool, o: ?object, a: ?any, e: ?(one, two), l: ?[]int, '.concat(
    'n: ?[]?int, d: ?[string]int, p: ?P, t: ?Tree, set: ?[string]())',
  ),
);

describe('a value is of its type', () => {
  test.each([
    [{}],
    [{ i: 0 }],
    [{ i: -1 }],
    [{ i: Number.MAX_SAFE_INTEGER }],
    [JSON.parse('{"i":1.0}')],
    [JSON.parse('{"i":1e3}')],
    [JSON.parse('{"i":-0}')],
    [{ f: 1 }],
    [{ f: 1.5 }],
    [{ s: '' }],
    [{ b: false }],
    [{ o: {} }],
    [{ o: { x: [null] } }],
    [{ a: 1 }],
    [{ a: [] }],
    [{ e: 'one' }],
    [{ l: [] }],
    [{ l: [1, 2] }],
    [{ n: [1, null] }],
    [{ d: {} }],
    [{ d: { x: 1, constructor: 2 } }],
    [JSON.parse('{"d":{"__proto__":1}}')],
    [{ p: { pid: 1 } }],
    [{ p: { pid: 1, id: null } }],
    [{ t: { left: { left: null }, right: [{}] } }],
    [{ set: { x: {} } }],
    [{ i: null, f: null, s: null, b: null, o: null, a: null, e: null, l: null, n: null, d: null, p: null, t: null }],
  ])('%j', (value) => {
    expect(check(value)).toBeUndefined();
  });
});

describe('a value is not of its type', () => {
  test.each([
    [{ i: 1.5 }, 'i'],
    [{ i: '1' }, 'i'],
    [{ i: true }, 'i'],
    [{ i: 2 ** 53 }, 'i'],
    [JSON.parse('{"i":9007199254740993}'), 'i'],
    [JSON.parse('{"i":18446744073709551615}'), 'i'],
    [JSON.parse('{"i":1e30}'), 'i'],
    [{ i: [] }, 'i'],
    [{ f: '1' }, 'f'],
    [JSON.parse('{"f":1e999}'), 'f'],
    [{ s: 1 }, 's'],
    [{ b: 1 }, 'b'],
    [{ b: 'true' }, 'b'],
    [{ o: [] }, 'o'],
    [{ o: 'x' }, 'o'],
    [{ e: 'three' }, 'e'],
    [{ e: 1 }, 'e'],
    [{ e: 'toString' }, 'e'],
    [{ l: {} }, 'l'],
    [{ l: 1 }, 'l'],
    [{ l: [1, null] }, 'l[1]'],
    [{ l: ['1'] }, 'l[0]'],
    [{ n: [null, 'x'] }, 'n[1]'],
    [{ d: [] }, 'd'],
    [{ d: { x: null } }, 'd.x'],
    [JSON.parse('{"d":{"__proto__":"x"}}'), 'd.__proto__'],
    [{ p: 1 }, 'p'],
    [{ p: [1] }, 'p'],
    [{ p: {} }, 'p.pid'],
    [{ p: { pid: null } }, 'p.pid'],
    [{ p: { pid: 1, foo: 2 } }, 'p.foo'],
    [{ p: { pid: 1, ids: [1, 'x'] } }, 'p.ids[1]'],
    [{ t: { right: [{}, { left: { right: 1 } }] } }, 't.right[1].left.right'],
    [{ set: { x: { y: 1 } } }, 'set.x.y'],
    [{ unknown: 1 }, 'unknown'],
    [{ unknown: null }, 'unknown'],
    [JSON.parse('{"__proto__":1}'), '__proto__'],
    [{ constructor: 1 }, 'constructor'],
  ])('%j has its fault at %s', (value, path) => {
    expect(check(value)).toBe(path);
  });

  test('when it is no object', () => {
    for (const value of [null, undefined, 1, 'x', [], true]) expect(check(value)).toBe('');
  });
});

// The order of sd-varlink 262, tried with io.systemd.Machine.List.
test('faults are found in the order of the type, and unknown fields last', () => {
  const ordered = compile('(first: int, second: int)');
  expect(ordered({})).toBe('first');
  expect(ordered({ first: 1 })).toBe('second');
  expect(ordered({ first: null, second: 1 })).toBe('first');
  expect(ordered({ zzz: 1, second: 'x', first: 'x' })).toBe('first');
  expect(ordered({ zzz: 1, second: 'x', first: 1 })).toBe('second');
  expect(ordered({ zzz: 1, aaa: 1, second: 1, first: 1 })).toBe('zzz');
});

test('a field may be called like what every object inherits', () => {
  const inherited = compile('(constructor: ?string, toString: ?int, hasOwnProperty: int)');
  const value: Record<string, unknown> = { hasOwnProperty: 1 };
  expect(inherited(value)).toBeUndefined();
  expect(value['constructor']).toBeUndefined();
  expect(value['toString']).toBeUndefined();
  expect(inherited({})).toBe('hasOwnProperty');
  expect(inherited({ hasOwnProperty: 1, constructor: 1 })).toBe('constructor');
});

test('unknown fields can be let through, at every depth', () => {
  const open = compile('(p: P)', 'allow');
  expect(open({ p: { pid: 1, foo: 2 }, bar: 3 })).toBeUndefined();
  expect(open({ p: { pid: 'x', foo: 2 } })).toBe('p.pid');
});

test('no JSON value makes the check throw, and a value without faults is of the type', () => {
  const two = compile('(a: ?[]?T, b: ?[string]int)');
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const fault = two(value);
      expect(fault === undefined || typeof fault === 'string').toBe(true);
      if (fault === undefined) expect(typeof value === 'object' && !Array.isArray(value)).toBe(true);
    }),
  );
});

test('a type that contains itself is checked as deep as a message can be', () => {
  let value: Record<string, unknown> = { left: 1 };
  for (let depth = 0; depth < 2048; depth++) value = { left: value };
  const fault = check({ t: value });
  expect(fault).toBe(`t${'.left'.repeat(2049)}`);
});

function compile(type: string, unknownFields: 'refuse' | 'allow' = 'refuse'): Check {
  const definition = parseInterface(`interface a.b
    type P (pid: int, id: ?int, ids: ?[]int)
    type Tree (left: ?Tree, right: ?[]Tree)
    type T ${type}`);
  const member = definition.members.find(({ name }) => name === 'T');
  if (member?.kind !== 'type' || member.value.kind !== 'struct') throw new Error('T is not there');
  return compileCheck(definition, member.value, { unknownFields });
}
