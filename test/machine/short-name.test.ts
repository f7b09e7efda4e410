import { describe, expect, it } from 'vitest';
import { namedDigits, ShortNames, shortName } from '../../src/machine/short-name.ts';

describe('the short name of a machine', () => {
  it.each([
    // The hashes by coreutils: printf NAME | sha256sum | xxd -r -p | base32
    ['web.example', 'webexa_ao56qkvers'],
    ['Web.Example', 'WebExa_we4xm6ubvy'],
    ['a-name-that-just-about-fits', 'a-name_uafs4oon44'],
    ['a.b', 'ab_fzztnxeoxk'],
    ['a'.repeat(60), 'aaaaaa_chxdseqryy'],
    ['a'.repeat(64), 'aaaaaa_77qfj7t24d'],
  ])('%s is %s', (name, short) => {
    expect(shortName(name)).toBe(short);
  });

  it('leaves room for the greatest number', () => {
    for (const name of ['web.example', 'a'.repeat(64), `${'a-'.repeat(31)}a`, '1.2.3.4.5.6.7.8.9']) {
      const user = `vu-${shortName(name)}-${2 ** 32 - 2}`;
      expect(user.length).toBeLessThanOrEqual(31);
      // systemd's strict rule (https://systemd.io/USER_NAMES).
      expect(user).toMatch(/^[a-z_][a-zA-Z0-9_-]*$/);
    }
  });
});

it.each([
  ['c1', 10],
  ['x'.repeat(17), 10],
  ['x'.repeat(18), 9],
  ['x'.repeat(26), 1],
  ['x'.repeat(27), 0],
  ['x'.repeat(64), 0],
  ['a.b', 0],
])('%s leaves room for %i digits', (name, digits) => {
  expect(namedDigits(name)).toBe(digits);
});

describe('short names', () => {
  it('stand for one owner, and for nobody while two have the same', () => {
    const names = new ShortNames<string>();
    names.add('x', 'one');
    names.add('y', 'other');
    expect([names.find('x'), names.find('y'), names.find('z')]).toEqual(['one', 'other', undefined]);
    names.add('x', 'two');
    expect([names.find('x'), [...names.conflicts()]]).toEqual([undefined, [['x', ['one', 'two']]]]);
    names.remove('x', 'one');
    names.remove('y', 'nobody');
    expect([names.find('x'), names.find('y'), [...names.conflicts()]]).toEqual(['two', 'other', []]);
    names.remove('x', 'two');
    expect(names.find('x')).toBeUndefined();
  });
});
