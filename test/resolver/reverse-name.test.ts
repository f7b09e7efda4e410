import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reverseAddress, reverseName } from '../../src/resolver/reverse-name.ts';
import { sampleAddress } from './sample-address.ts';

const bytesOf = (address: string): Uint8Array => sampleAddress(`${address} global 1`).bytes;

describe('the name of an address in reverse', () => {
  // The examples of RFC 1035 3.5 and RFC 3596 2.5.
  test.each([
    ['10.2.0.52', '52.0.2.10.in-addr.arpa'],
    ['4321:0:1:2:3:4:567:89ab', 'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa'],
  ])('%s is %s', (address, name) => {
    expect(reverseName(bytesOf(address))).toBe(name);
    for (const spelled of [name, `${name}.`, name.toUpperCase()]) {
      expect(reverseAddress(spelled)).toEqual(bytesOf(address));
    }
  });

  test.each([
    '',
    'in-addr.arpa',
    '2.0.10.in-addr.arpa',
    '1.52.0.2.10.in-addr.arpa',
    '256.0.2.10.in-addr.arpa',
    '052.0.2.10.in-addr.arpa',
    '52.0.2.10.in-addr.arpa..',
    '52.0.2.10.in-addr.arpa.web',
    '52.0.2..in-addr.arpa',
    '0x1.0.2.10.in-addr.arpa',
    '52.0.2.10.ip6.arpa',
    `${'0.'.repeat(31)}ip6.arpa`,
    `${'0.'.repeat(33)}ip6.arpa`,
    `${'0.'.repeat(31)}g.ip6.arpa`,
    `${'0.'.repeat(31)}00.ip6.arpa`,
  ])('%j is none', (name) => {
    expect(reverseAddress(name)).toBeUndefined();
  });

  test('goes both ways', () => {
    const address = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
    );
    fc.assert(
      fc.property(address, (bytes) => {
        expect(reverseAddress(reverseName(bytes))).toEqual(bytes);
      }),
    );
  });
});
