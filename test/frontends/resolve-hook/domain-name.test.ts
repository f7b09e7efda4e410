import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isDomainName } from '../../../src/frontends/resolve-hook/domain-name.ts';

const labels = (...lengths: number[]): string => lengths.map((length) => 'a'.repeat(length)).join('.');

// What systemd-machined 262 accepted and refused in the lab as the name of a key.
describe('a domain name', () => {
  test.each([
    '',
    '.',
    'web',
    'web.',
    'a.b.example',
    '_web',
    '-web-',
    'we b',
    'wäb',
    '*.web',
    'w\\101b',
    'w\\.b',
    'web\\\\',
    'web\\.',
    'web\\000',
    'web\\255',
    labels(63),
    labels(49, 49, 49, 49, 49, 3),
    '\\101'.repeat(63),
  ])('can be %j', (name) => {
    expect(isDomainName(name)).toBe(true);
  });

  test.each([
    '..',
    '.web',
    'web..',
    'a..b',
    'web\\',
    'web\\1',
    'web\\x',
    'web\\256',
    'we\tb',
    'we\x7fb',
    'we\0b',
    labels(64),
    `${labels(64)}.web`,
    labels(49, 49, 49, 49, 49, 4),
    `${labels(49, 49, 49, 49, 49, 4)}.`,
    'ä'.repeat(32),
    '\\101'.repeat(64),
    'a'.repeat(60_000),
    'a.'.repeat(30_000),
    '\\.'.repeat(30_000),
  ])('cannot be %j', (name) => {
    const began = performance.now();
    expect(isDomainName(name)).toBe(false);
    expect(performance.now() - began).toBeLessThan(100);
  });

  test('is decided for any text, and never by the case', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[ab.\\019\u00e4\t]*$/));
    fc.assert(
      fc.property(text, (name) => {
        expect(isDomainName(name.toLowerCase().toUpperCase())).toBe(isDomainName(name.toLowerCase()));
      }),
    );
  });
});
