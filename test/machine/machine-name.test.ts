import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MachineError } from '../../src/machine/errors.ts';
import {
  hostMachineName,
  isMachineName,
  parseMachineName,
  parseMachineReference,
} from '../../src/machine/machine-name.ts';

// What systemd 262's Register accepted and refused, asked one by one.
const accepted = [
  'a',
  'A',
  'a.b',
  'a-b',
  'a--b',
  '0',
  '123',
  '65535',
  'host',
  'localhost',
  'xn--bcher-kva',
  'a'.repeat(63),
  'a'.repeat(64),
  `${'a'.repeat(62)}.b`,
];
const refused = [
  '',
  '.',
  '.a',
  'a.',
  'a..b',
  '-a',
  'a-',
  'a-.b',
  'a.-b',
  'a_b',
  '_a',
  '.host',
  'a b',
  'ä',
  'a/b',
  'a\\b',
  'a\0b',
  'a\n',
  '?',
  'a$',
  '..:',
  'a'.repeat(65),
  `x.${'a'.repeat(64)}`,
];

describe('machine names', () => {
  it.each(accepted)('accepts %j', (name) => {
    expect(isMachineName(name)).toBe(true);
    expect(parseMachineName(name)).toBe(name);
    expect(parseMachineReference(name)).toBe(name);
  });

  it.each(refused)('refuses %j and says which parameter and text it was', (name) => {
    expect(isMachineName(name)).toBe(false);
    expect(() => parseMachineName(name)).toThrow(MachineError);
    expect(() => parseMachineName(name)).toThrow(
      expect.objectContaining({ code: 'invalid-parameter', parameter: 'name' }),
    );
  });

  it('lets .host be asked for, but not registered', () => {
    expect(parseMachineReference('.host')).toBe(hostMachineName);
    expect(() => parseMachineName('.host')).toThrow(/".host".*reserved/);
  });

  it('does not repeat an endless name in its message', () => {
    const message = (() => {
      try {
        return String(parseMachineName('a'.repeat(1e6)));
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(message).toMatch(/longer than 64 bytes/);
    expect(message.length).toBeLessThan(300);
  });

  it('is what the words say, for any text', () => {
    const byTheWords = (text: string): boolean =>
      Buffer.byteLength(text) <= 64 &&
      text.split('.').every((label) => /^[A-Za-z0-9-]+$/.test(label) && !label.startsWith('-') && !label.endsWith('-'));
    const nearlyNames = fc.string({ unit: fc.constantFrom(...'aZ09.-_ä\n'), maxLength: 70 });
    fc.assert(fc.property(fc.oneof(nearlyNames, fc.string()), (text) => isMachineName(text) === byTheWords(text)));
  });
});
