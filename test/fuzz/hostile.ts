import fc from 'fast-check';
import { randomIntegers } from '../../bench/random.ts';
import { mutated } from '../support/mutate.ts';

const tellingStrings = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'then', 'length'],
  ...['', ' ', '\0', 'a\0b', '\ud800', '\udc00x', 'a\udfff', '\u{1f600}', '\ufeff', '\u202e', '\x1b[2J', '\x7f'],
  ...['.', '..', '/', '../../etc/passwd', '/proc/self/root', '/dev/zero', '.host', '-', '--', '%s%n', '\n', 'a\nb=c'],
  ...['null', 'NaN', '1e999', '9007199254740993', '-0', '0x10', '4294967295', '$&', '$(id)', "';--"],
  ...['a'.repeat(64), 'a'.repeat(65), 'é'.repeat(40), '\\'.repeat(99), 'x'.repeat(5000), 'good', 'vu-good-0', 'root'],
];

/** Any text, and such as was trouble for somebody: names that objects have, NUL, half surrogate pairs, paths, lengths. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...tellingStrings),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 20 }),
);

/** Numbers as JSON can have them, those included that are another number after JSON.parse. */
export const hostileNumber: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...['0', '-0', '-1', '1', '0.5', '1e3', '1.0', '1e999', '-1e999', '1e-999', '65534', '65535', '65536'],
    ...['2147483647', '2147483648', '-2147483648', '4294967294', '4294967295', '4294967296'],
    ...['9007199254740991', '9007199254740993', '-9007199254740993', '18446744073709551615', '9'.repeat(400)],
  ),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);

/** JSON texts of any value: with keys twice, keys that objects have, and lists inside lists as deep as is asked for. */
export const hostileJson: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false', '{}', '[]'),
    hostileNumber,
    hostileText.map((text) => JSON.stringify(text)),
    fc.array(tie('value'), { maxLength: 4 }).map((values) => `[${values.join()}]`),
    objectText(fc.array(fc.tuple(hostileText, tie('value')), { maxLength: 4 })),
    fc.constantFrom(10, 1000, 2047, 2048, 2049, 20_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
    fc.constantFrom(10, 1000, 2047, 5000).map((depth) => '{"a":'.repeat(depth) + '1'.padEnd(depth + 1, '}')),
  ),
})).value;

/** The text of an object with these keys, each as often as it is there. */
export function objectText(pairs: fc.Arbitrary<(readonly [key: string, value: string])[]>): fc.Arbitrary<string> {
  return pairs.map((all) => `{${all.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join()}}`);
}

/** Damaged captures, in hexadecimal. */
export function mutatedBytes(captures: readonly Buffer[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...captures), fc.nat(0xffff_ffff))
    .map(([capture, seed]) => mutated(capture, randomIntegers(seed)).toString('hex'));
}

/** Damaged texts: bytes that are no UTF-8 any more are read as programs read them that do not look. */
export function mutatedTexts(samples: readonly string[]): fc.Arbitrary<string> {
  const damaged = mutatedBytes(samples.map((text) => Buffer.from(text))).map((hex) => Buffer.from(hex, 'hex'));
  const put = fc.tuple(damaged, fc.nat(), hostileText).map(([bytes, place, text]) => {
    const at = place % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at)]);
  });
  const number = fc.oneof(hostileNumber, hostileText);
  const renumbered = fc.tuple(fc.constantFrom(...samples), fc.nat(), number).map(([text, place, other]) => {
    const numbers = [...text.matchAll(/\d+/g)];
    const { index = 0, 0: digits = '' } = numbers[place % numbers.length] ?? {};
    return Buffer.from(text.slice(0, index) + other + text.slice(index + digits.length));
  });
  return fc.oneof(damaged, put, renumbered).map((bytes) => bytes.toString('utf8'));
}
