import { describe, expect, it } from 'vitest';
import { abstractAddress, unixAddress } from '../../src/linux/unix-address.ts';

describe('unixAddress', () => {
  it('is the family, the path and a NUL', () => {
    expect(Buffer.from(unixAddress('/run/x'))).toEqual(Buffer.from('\x01\x00/run/x\x00', 'latin1'));
  });

  it('counts bytes, not characters', () => {
    expect(unixAddress(`/${'é'.repeat(53)}`)).toHaveLength(2 + 107 + 1);
    expect(() => unixAddress(`/${'é'.repeat(54)}`)).toThrow('has 109 bytes, more than the 107 that fit');
  });

  it.each(['', '/a\0b'])('refuses %j', (path) => {
    expect(() => unixAddress(path)).toThrow(TypeError);
  });
});

describe('abstractAddress', () => {
  it('is the family, a NUL and the name, with no NUL after it', () => {
    expect(Buffer.from(abstractAddress('name'))).toEqual(Buffer.from('\x01\x00\x00name', 'latin1'));
  });

  it('takes 107 bytes and no more', () => {
    expect(abstractAddress('x'.repeat(107))).toHaveLength(2 + 108);
    expect(() => abstractAddress('x'.repeat(108))).toThrow('108 bytes');
    expect(() => abstractAddress('')).toThrow('must not be empty');
  });
});
