import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapePathElement, unescapePathElement } from '../../../src/dbus/objects/path.ts';

describe('an element of an object path', () => {
  test.each([
    ['a', 'a'],
    ['c1', 'c1'],
    ['.host', '_2ehost'],
    ['2x', '_32x'],
    ['22', '_322'],
    ['f-2', 'f_2d2'],
    ['a_b', 'a_5fb'],
    ['', '_'],
    ['_', '_5f'],
    ['ä', '_c3_a4'],
    ['\u{1f600}', '_f0_9f_98_80'],
    ['\n', '_0a'],
  ])('%j is escaped as %s', (name, escaped) => {
    expect(escapePathElement(name)).toBe(escaped);
    expect(unescapePathElement(escaped)).toBe(name);
  });

  test.each([
    ['2x', '2x'],
    ['_61', 'a'],
    ['_2Ehost', '.host'],
    ['_5F', '_'],
    ['__proto', undefined],
  ])('%s is taken for %j', (element, name) => {
    expect(unescapePathElement(element)).toBe(name);
  });

  test.each([
    '',
    '__',
    '_6',
    'a_',
    'a_2',
    'a_zz',
    '__61',
    '_ff',
    '_c3',
    '_c3_28',
    '_ed_a0_80',
    '_c0_80',
    '_00',
    'a_00x',
  ])('%s stands for nothing', (element) => {
    expect(unescapePathElement(element)).toBeUndefined();
  });

  test.each(['a/b', 'a.b', 'a%41', 'a-b', 'é'])('%s is none', (element) => {
    expect(unescapePathElement(element)).toBeUndefined();
  });

  const name = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));

  test('is made of every name, and gives it back', () => {
    fc.assert(
      fc.property(name, (text) => {
        const escaped = escapePathElement(text);
        expect(escaped).toMatch(/^(?:_|[A-Za-z][A-Za-z0-9_]*|_[0-9a-f]{2}[A-Za-z0-9_]*)$/);
        expect(unescapePathElement(escaped)).toBe(text);
      }),
    );
  });

  test('is the same for no two names', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(escapePathElement(one) === escapePathElement(other)).toBe(one === other);
      }),
    );
  });

  test('stands for one name, whose own element stands for it too', () => {
    const element = fc.string({ unit: fc.constantFrom(...'_az09AFcef') });
    fc.assert(
      fc.property(element, (text) => {
        const meant = unescapePathElement(text);
        if (meant !== undefined) expect(unescapePathElement(escapePathElement(meant))).toBe(meant);
      }),
    );
  });
});
