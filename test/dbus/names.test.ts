import { describe, expect, it } from 'vitest';
import { isCompleteType, isSignature, parseSignature } from '../../src/dbus/codec/signature.ts';
import { isBusName, isInterfaceName, isMemberName, isObjectPath, requireValidNames } from '../../src/dbus/names.ts';

const long = 'a'.repeat(254);

describe('names', () => {
  it.each<[string, (text: string) => boolean, string[], string[]]>([
    [
      'path',
      isObjectPath,
      ['/', '/a', '/a/B_2', `/${long}${long}`],
      ['', 'a', '//', '/a/', '/a//b', '/a-b', '/ä', '/a\n'],
    ],
    [
      'interface',
      isInterfaceName,
      ['a.b', '_a._b2', `a.${'b'.repeat(253)}`],
      ['', 'a', '.a.b', 'a..b', 'a.b.', 'a.2b', 'a-b.c', `a.${long}`, 'a.b\n'],
    ],
    ['member', isMemberName, ['M', '_m2', `${long}a`], ['', '2a', 'a.b', 'a-b', `${long}aa`, 'a\n']],
    [
      'bus',
      isBusName,
      ['a.b', 'a-b._c', ':1.2', ':a-.2'],
      ['', 'a', '.a', 'a.2b', ':1', ':', ':1..2', ':1.2.', 'a.b\n', `a.${long}`],
    ],
  ])('of the kind %s', (_kind, valid, good, bad) => {
    for (const text of good) expect(valid(text), text).toBe(true);
    for (const text of bad) expect(valid(text), text).toBe(false);
  });

  it.each([
    ['destination', 'x', 'name of a connection'],
    ['path', 'x', 'object path'],
    ['interface', 'x', 'name of an interface'],
    ['member', 'x.y', 'name of a member'],
  ])('are required to be valid: %s', (key, text, what) => {
    const names = { destination: 'a.b', path: '/', interface: 'a.b', member: 'M' };
    expect(() => requireValidNames(names)).not.toThrow();
    expect(() => requireValidNames({ ...names, [key]: text })).toThrow(`"${text}" is no valid ${what}`);
  });
});

describe('signatures', () => {
  const nested = (depth: number): string => `${'('.repeat(depth)}y${')'.repeat(depth)}`;
  const good = [
    '',
    's',
    'a{sv}',
    'a{s(iay)}',
    '(s(ss))',
    'aaas',
    `${'a'.repeat(32)}y`,
    nested(32),
    'y'.repeat(255),
    'a{oaa{gh}}',
  ];
  const bad = [
    ...[
      'a',
      '(',
      ')',
      '()',
      '(s',
      's)',
      '{ss}',
      'a{s}',
      'a{sss}',
      'a{vs}',
      'a{(s)s}',
      'a{ass}',
      'a{s',
      'a{',
      'a{}',
      'a()',
    ],
    ...['r', 'e', 'm', '*', '?', '&', '@', 'z', ' ', '\0', 'ä', `${'a'.repeat(33)}y`, nested(33), 'y'.repeat(256)],
  ];

  it.each(good)('%s is one', (text) => {
    expect(isSignature(text)).toBe(true);
    expect(() => parseSignature(text)).not.toThrow();
  });

  it.each(bad)('%s is none', (text) => {
    expect(isSignature(text)).toBe(false);
    expect(isCompleteType(text)).toBe(false);
    expect(() => parseSignature(text)).toThrow(TypeError);
  });

  it('of exactly one type', () => {
    for (const text of ['s', 'v', 'a{sv}', '(ss)', 'aas']) expect(isCompleteType(text), text).toBe(true);
    for (const text of ['', 'ss', 'a{sv}s', '(s)(s)', 'vv']) expect(isCompleteType(text), text).toBe(false);
  });
});
