import dbus from 'dbus-next';
import compat from 'dbus-next/lib/marshall-compat.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBody } from '../../../src/dbus/codec/body-decoder.ts';
import { descriptorsIn, encodeBody } from '../../../src/dbus/codec/body-encoder.ts';
import { type AnyVariant, Variant } from '../../../src/dbus/values.ts';
import { anyBody } from './arbitrary.ts';
import { referenceBody } from './reference-encoder.ts';

const bytesOf = (signature: string, values: readonly unknown[]): Buffer =>
  Buffer.from(encodeBody(signature, values).bytes);

describe('bodies', () => {
  it('are written as the specification says', () => {
    fc.assert(
      fc.property(anyBody, ({ signature, values }) => {
        expect(bytesOf(signature, values).equals(referenceBody(signature, values, true))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('are read as they were written, in both byte orders', () => {
    fc.assert(
      fc.property(anyBody, fc.boolean(), ({ signature, values }, littleEndian) => {
        expect(decodeBody(signature, referenceBody(signature, values, littleEndian), littleEndian)).toEqual(values);
      }),
      { numRuns: 500 },
    );
  });

  it('that are damaged are read or refused, and at once', () => {
    fc.assert(
      fc.property(
        anyBody,
        fc.array(fc.tuple(fc.nat(), fc.nat(255))),
        fc.nat(),
        ({ signature, values }, changes, cut) => {
          const bytes = referenceBody(signature, values, true);
          for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
          readOrRefuse(signature, bytes.subarray(0, bytes.length - (cut % 3)));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('that are noise are read or refused, and at once', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ybnqiuxtdsogav(){}h') }),
        fc.uint8Array(),
        (signature, noise) => {
          readOrRefuse(signature, Buffer.from(noise));
        },
      ),
      { numRuns: 3000 },
    );
  });

  // What dbus-next makes of the same values in its own form.
  it.each<[string, unknown[], unknown[]]>([
    ['s', ['grüße'], ['grüße']],
    ['sa(iay)', ['c1', [[2, new Uint8Array([10, 0, 0, 1])]]], ['c1', [[2, Buffer.from([10, 0, 0, 1])]]]],
    ['a{sv}', [new Map([['Name', new Variant('s', 'web')]])], [{ Name: new dbus.Variant('s', 'web') }]],
    ['v', [new Variant('a{ss}', new Map([['k', 'x']]))], [new dbus.Variant('a{ss}', { k: 'x' })]],
    ['a(ssso)', [[['a', 'container', '', '/a']]], [[['a', 'container', '', '/a']]]],
    ['xtdnqyb', [-5n, 2n ** 64n - 1n, 0.5, -1, 65535, 255, true], [-5n, 2n ** 64n - 1n, 0.5, -1, 65535, 255, true]],
  ])('of the signature %s are those of dbus-next', (signature, values, theirs) => {
    const message = new dbus.Message({
      destination: 'a.b',
      path: '/',
      interface: 'a.b',
      member: 'M',
      signature,
      body: theirs as never,
    });
    message.serial = 1;
    const [bytes] = compat.marshallMessage(message);
    const length = bytes.readUInt32LE(4);
    expect(bytesOf(signature, values).equals(bytes.subarray(bytes.length - length))).toBe(true);
  });

  it('have dictionaries with any key', () => {
    const map = new Map<string, AnyVariant>([
      ['__proto__', new Variant('a{sv}', new Map([['polluted', new Variant('b', true)]]))],
      ['constructor', new Variant('s', 'x')],
    ]);
    const [read] = decodeBody('a{sv}', bytesOf('a{sv}', [map]), true);
    expect(read).toEqual(map);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('count each descriptor once, and the reader gives those that came', () => {
    const { bytes, descriptors } = encodeBody('hahv', [7, [9, 7], new Variant('h', 9)]);
    expect(descriptors).toEqual([7, 9]);
    expect(decodeBody('hahv', Buffer.from(bytes), true, [70, 90])).toEqual([70, [90, 70], new Variant('h', 90)]);
    expect(() => decodeBody('hahv', Buffer.from(bytes), true, [70])).toThrow();
    expect(() => decodeBody('h', Buffer.from([0, 0, 0, 0]), true)).toThrow();
  });

  it('give their descriptors also where they cannot be written', () => {
    const body = [new Map<string, unknown>([['a', { signature: '(sh)', value: [null, 5] }]]), [6, 'x'], 7];
    expect(() => encodeBody('a{sv}ahh', body)).toThrow();
    expect(descriptorsIn('a{sv}ahh', body)).toEqual([5, 6, 7]);
  });
});

describe('what is no value of its type', () => {
  it.each<[string, unknown]>([
    ['y', 256],
    ['y', -1],
    ['n', 40_000],
    ['q', -1],
    ['i', 2 ** 31],
    ['u', 2 ** 32],
    ['u', 1.5],
    ['u', Number.NaN],
    ['u', '1'],
    ['u', null],
    ['u', undefined],
    ['x', 2n ** 63n],
    ['x', 1],
    ['t', -1n],
    ['t', 2n ** 64n],
    ['d', 'x'],
    ['d', Number.POSITIVE_INFINITY],
    ['b', 1],
    ['s', 5],
    ['s', 'a\0b'],
    ['s', Buffer.from('x')],
    ['o', ''],
    ['o', '/a/'],
    ['o', '/a.b'],
    ['g', 'a'],
    ['g', '()'],
    ['v', 'x'],
    ['v', null],
    ['v', { signature: 'ss', value: 'x' }],
    ['v', { signature: 's' }],
    ['h', -1],
    ['h', 1.5],
    ['as', 'abc'],
    ['as', {}],
    ['as', new Set(['a'])],
    ['a{ss}', { a: 'b' }],
    ['a{ss}', [['a', 'b']]],
    ['(ss)', ['a']],
    ['(ss)', ['a', 'b', 'c']],
    ['(ss)', 'ab'],
  ])('%s %s is refused', (signature, value) => {
    expect(() => encodeBody(signature, [value])).toThrow();
  });

  it('as too few or too many values are', () => {
    expect(() => encodeBody('ss', ['a'])).toThrow('1 values');
    expect(() => encodeBody('', ['a'])).toThrow('1 values');
  });

  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  it.each<[string, string, Buffer]>([
    ['a boolean of 2', 'b', word(2)],
    ['a string without its NUL', 's', Buffer.concat([word(1), Buffer.from('ab')])],
    ['a string with a NUL in it', 's', Buffer.concat([word(3), Buffer.from('a\0b\0')])],
    ['a string that is not UTF-8', 's', Buffer.concat([word(1), Buffer.from([0xff, 0])])],
    ['a string longer than the body', 's', Buffer.concat([word(0xfffffff0), Buffer.from('x\0')])],
    ['an array longer than the body', 'ay', word(5)],
    ['an array over 64 MiB', 'ay', word(64 * 1024 * 1024 + 1)],
    ['an array that ends inside an element', 'au', Buffer.concat([word(6), word(1), word(2)])],
    ['a relative path', 'o', Buffer.concat([word(1), Buffer.from('a\0')])],
    ['a variant of two types', 'v', Buffer.from('\x02ss\0\0\0\0\0')],
    ['a variant of nothing', 'v', Buffer.from('\0\0')],
    ['bytes after the end', 'u', Buffer.concat([word(1), word(1)])],
    ['a body without a signature', '', word(1)],
    ['a signature that is none', 'a{vs}', word(0)],
    ['an array of nothing', 'a()', word(8)],
  ])('%s cannot be read', (_name, signature, bytes) => {
    expect(() => decodeBody(signature, bytes, true)).toThrow();
  });

  it.each([
    [64, true],
    [65, false],
  ])('variants nested %d deep can be read: %s', (depth, readable) => {
    let value: AnyVariant = new Variant('y', 7);
    for (let nested = 1; nested < depth; nested++) value = new Variant('v', value);
    const bytes = referenceBody('v', [value], true);
    const read = (): unknown => decodeBody('v', bytes, true);
    if (readable) expect(read()).toEqual([value]);
    else expect(read).toThrow('64 deep');
  });
});

function readOrRefuse(signature: string, bytes: Buffer): void {
  const start = performance.now();
  try {
    decodeBody(signature, bytes, true);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
  }
  expect(performance.now() - start).toBeLessThan(500);
}
