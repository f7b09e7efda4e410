import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBody } from '../../../src/dbus/codec/body-decoder.ts';
import { encodeBody } from '../../../src/dbus/codec/body-encoder.ts';
import { encodeTextDictionary } from '../../../src/dbus/codec/text-dictionary.ts';
import { referenceBody } from './reference-encoder.ts';

// Of several bytes in UTF-8 too, without NUL and without half a surrogate pair.
const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((any) => !any.includes('\0'));
const dictionary = fc.array(fc.tuple(text, text), { maxLength: 8 }).map((pairs) => new Map(pairs));

describe('a dictionary of texts', () => {
  it('is written as the specification says, and can be read', () => {
    fc.assert(
      fc.property(dictionary, (pairs) => {
        const bytes = Buffer.from(encodeTextDictionary(pairs));
        expect(bytes.equals(referenceBody('a{ss}', [pairs], true))).toBe(true);
        expect(decodeBody('a{ss}', bytes, true)).toEqual([pairs]);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same as any other encoding, whatever is in it', () => {
    const outcome = (encode: () => Uint8Array): unknown => {
      try {
        return Buffer.from(encode()).toString('hex');
      } catch {
        return 'refused';
      }
    };
    const any = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\0b', '\ud800', '\ufeff', 'x'.repeat(300)));
    fc.assert(
      fc.property(any, any, (key, value) => {
        const pairs = new Map([[key, value]]);
        expect(outcome(() => encodeTextDictionary(pairs))).toBe(outcome(() => encodeBody('a{ss}', [pairs]).bytes));
      }),
      { numRuns: 500 },
    );
    expect(() => encodeTextDictionary(new Map([['a', 'b\0']]))).toThrow(TypeError);
  });
});
