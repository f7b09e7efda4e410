import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../src/varlink/errors.ts';
import { maximumNesting, parseMessage } from '../../src/varlink/json.ts';

const parse = (text: string) => parseMessage(Buffer.from(text, 'latin1'));

// Each of these made sd-varlink 262 close the connection.
test.each([
  ['nothing', ''],
  ['white space', ' '],
  ['half an object', '{"method"'],
  ['a list', '[]'],
  ['a number', '3'],
  ['null', 'null'],
  ['a string', '"a"'],
  ['something after the object', '{} x'],
  ['a comment', '{/*x*/}'],
  ['a comma at the end', '{"a":1,}'],
  ['single quotes', "{'a':1}"],
  ['a byte order mark', '\xef\xbb\xbf{}'],
  ['a byte that is not UTF-8', '{"a":"\xff"}'],
  ['an overlong encoding', '{"a":"\xc0\x80"}'],
  ['a surrogate in UTF-8', '{"a":"\xed\xa0\x80"}'],
  ['an escaped NUL', '{"a":"\\u0000"}'],
  ['an escaped NUL in a key', '{"\\u0000":1}'],
  ['a NUL after an escaped backslash', '{"a":"\\\\\\u0000"}'],
  ['the first half of a surrogate pair', '{"a":"\\ud83d"}'],
  ['a first half before something else', '{"a":"\\ud83d\\u0041"}'],
  ['two first halves', '{"a":"\\ud83d\\ud83d"}'],
  ['the second half of a surrogate pair', '{"a":"\\ude00"}'],
  ['a second half after a pair', '{"a":"\\ud83d\\ude00\\ude00"}'],
])('%s is refused', (_what, text) => {
  expect(() => parse(text)).toThrow(ProtocolError);
});

test.each([
  [' {"a" : 1} \n', { a: 1 }],
  ['{"a":"\\u0041\\n\\"\\\\u0000"}', { a: 'A\n"\\u0000' }],
  ['{"a":"\\ud83d\\ude00","b":"\\u00e9\\uD83D\\uDE00"}', { a: '\u{1f600}', b: '\u00e9\u{1f600}' }],
  ['{"a":"\\\\ud83d"}', { a: '\\ud83d' }],
  ['{"a":"\xc3\xa9\xf0\x9f\x98\x80"}', { a: '\u00e9\u{1f600}' }],
  ['{"a":"\xf4\x8f\xbf\xbf"}', { a: '\u{10ffff}' }],
])('%s is an object', (text, value) => {
  expect(parse(text)).toEqual(value);
});

describe('nesting', () => {
  const nested = (lists: number) => `{"a":${'['.repeat(lists)}${']'.repeat(lists)}}`;

  test('goes down to the limit, the message itself counted', () => {
    expect(parse(nested(maximumNesting - 1))).toHaveProperty('a');
    expect(() => parse(nested(maximumNesting))).toThrow(ProtocolError);
    expect(() => parse(nested(1_000_000))).toThrow(ProtocolError);
  });

  test('is not what brackets in strings make', () => {
    const text = `\\"${'['.repeat(3000)}\\\\`;
    expect(parse(`{"a":"${text}","b":${'{"c":'.repeat(2000)}1${'}'.repeat(2000)}}`)).toHaveProperty('a');
  });

  test('does not add up over neighbours', () => {
    expect(parse(`{"a":[${'[],'.repeat(5000)}[]]}`)).toHaveProperty('a');
  });
});

test('__proto__ is a key like any other', () => {
  const message = parse('{"__proto__":{"x":1}}');
  expect(Object.keys(message)).toEqual(['__proto__']);
  expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
  expect('x' in message).toBe(false);
});
