import { describe, expect, test } from 'vitest';
import { isAmong } from '../../src/machine/address.ts';

describe('an address among others', () => {
  const list = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ bytes: Uint8Array.of(10, 0, index >> 8, index & 255) }));

  // However the list is looked through.
  test.each([1, 15, 16, 1000])('is found by all of its bytes in a list of %i', (count) => {
    const addresses = [...list(count - 1), { bytes: Uint8Array.of(0xfd, ...Array(14).fill(0), 7) }];
    for (const { bytes } of addresses) expect(isAmong(Uint8Array.from(bytes), addresses)).toBe(true);
    expect(isAmong(Uint8Array.of(10, 1, 0, 0), addresses)).toBe(false);
    expect(isAmong(Uint8Array.of(10, 0, 0), addresses)).toBe(false);
    expect(isAmong(Uint8Array.of(0xfd, ...Array(14).fill(0), 8), addresses)).toBe(false);
  });

  test('may be a part of a larger buffer', () => {
    const whole = Uint8Array.of(9, 9, 10, 0, 0, 5, 9);
    expect(isAmong(whole.subarray(2, 6), list(300))).toBe(true);
    expect(isAmong(whole.subarray(1, 5), list(300))).toBe(false);
  });

  test('another list is another question', () => {
    const [some, others] = [list(20), list(40).slice(20)];
    expect(isAmong(Uint8Array.of(10, 0, 0, 3), some)).toBe(true);
    expect(isAmong(Uint8Array.of(10, 0, 0, 3), others)).toBe(false);
  });
});
