import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallReader } from '../../src/varlink/index.ts';

function reading(text: string): CallReader {
  const reader = new CallReader();
  reader.begin(Buffer.from(text));
  return reader;
}

describe('CallReader', () => {
  it('goes past a text that is there, and stays where another is', () => {
    const reader = reading('{"a":1}');
    expect(reader.skip(Buffer.from('{"b":'))).toBe(false);
    expect(reader.skip(Buffer.from('{"a":1}!'))).toBe(false);
    expect(reader.skip(Buffer.from('{"a":'))).toBe(true);
    expect(reader.done).toBe(false);
    expect(reader.number()).toBe(1);
    expect(reader.skip(Buffer.from('}'))).toBe(true);
    expect(reader.done).toBe(true);
    expect(reader.skip(Buffer.from('}'))).toBe(false);
    expect(reader.skip(Buffer.alloc(0))).toBe(true);
  });

  it.each([
    ['0', 0],
    ['4294967295,', 4294967295],
    ['9999999999', 9999999999],
    ['1.5', 1],
    ['1e3', 1],
    ['', -1],
    ['00', -1],
    ['01', -1],
    ['-1', -1],
    ['+1', -1],
    ['10000000000', -1],
    [' 1', -1],
    ['x', -1],
    ['1'.repeat(16_000), -1],
  ])('reads %j as the number %d', (text, expected) => {
    expect(reading(text).number()).toBe(expected);
  });

  it('reads any number that is followed by something else as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.nat({ max: 9_999_999_999 }), fc.constantFrom(',', '}', ''), (number, end) => {
        const reader = reading(`${number}${end}`);
        expect(reader.number()).toBe(number);
        expect(reader.skip(Buffer.from(end)) && reader.done).toBe(true);
      }),
    );
  });

  it('reads words that mean the same in a JSON string, and stops before anything else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const reader = reading(`${text}"`);
        const word = reader.word();
        expect(text.startsWith(word)).toBe(true);
        expect(JSON.parse(`"${word}"`)).toBe(word);
        if (word.length < text.length) expect(text[word.length]).not.toMatch(/^[A-Za-z0-9._-]$/);
      }),
    );
    expect(reading('vu-web_1.x-33"').word()).toBe('vu-web_1.x-33');
    expect(reading('\0').word()).toBe('');
  });
});
