import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Address } from '../../src/machine/address.ts';
import { selectAddresses } from '../../src/resolver/addresses.ts';

/** `10.0.0.1 global 2 deprecated`: address, scope, interface index, flags. */
function address(line: string): Address {
  const [text, scope, index, ...flags] = line.split(' ') as [string, string, string, ...string[]];
  const bytes = text.includes(':') ? ipv6(text) : Uint8Array.from(text.split('.').map(Number));
  return {
    family: bytes.length === 4 ? 'ipv4' : 'ipv6',
    bytes,
    prefixLength: bytes.length === 4 ? 24 : 64,
    interfaceIndex: Number(index),
    scope: { global: 0, site: 200, link: 253, host: 254, nowhere: 255 }[scope] ?? Number.NaN,
    tentative: flags.includes('tentative'),
    deprecated: flags.includes('deprecated'),
  };
}

/** `fe80::1`: one group of zeros left out. */
function ipv6(text: string): Uint8Array {
  const [head = [], tail = []] = text.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const groups = [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}

describe('the addresses worth telling', () => {
  test.each([
    ['deprecated', '10.0.0.1 global 2 deprecated'],
    ['tentative', 'fd00::1 global 2 tentative'],
    ['of scope host', '127.0.0.1 host 1'],
    ['of scope host, IPv6', '::1 host 1'],
    ['of scope nowhere', '10.0.0.1 nowhere 2'],
  ])('are none that are %s', (_, line) => {
    expect(selectAddresses([address(line)])).toEqual([]);
  });

  test('come IPv4 first, then by scope, interface and bytes, each once', () => {
    const lines = [
      'fe80::1 link 2',
      'fd00::2 global 3',
      'fd00::3 global 2',
      'fec0::1 site 2',
      '169.254.0.1 link 2',
      '10.0.0.200 global 2',
      '192.168.0.1 global 1',
      '10.0.0.9 global 2',
      '10.0.0.9 global 2',
      '10.0.0.9 global 3',
    ];
    const expected = [
      '192.168.0.1 global 1',
      '10.0.0.9 global 2',
      '10.0.0.200 global 2',
      '10.0.0.9 global 3',
      '169.254.0.1 link 2',
      'fd00::3 global 2',
      'fd00::2 global 3',
      'fec0::1 site 2',
      'fe80::1 link 2',
    ];
    expect(selectAddresses(lines.map(address))).toEqual(expected.map(address));
  });

  test('are the same in whatever order they are known, and the list given stays as it was', () => {
    const lines = fc.array(
      fc
        .tuple(
          fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1', 'fe80::1'),
          fc.constantFrom('global', 'link', 'host'),
          fc.constantFrom('1', '2'),
          fc.constantFrom('', ' tentative'),
        )
        .map(([text, scope, index, flag]) => `${text} ${scope} ${index}${flag}`),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(lines, fc.infiniteStream(fc.nat()), (all, order) => {
        const given = Object.freeze(all.map(address));
        const shuffled = given.map((one) => ({ one, at: order.next().value })).sort((a, b) => a.at - b.at);
        const selected = selectAddresses(given);
        expect(selectAddresses(shuffled.map(({ one }) => one))).toEqual(selected);
        expect(selectAddresses(selected)).toEqual(selected);
        expect(selected).toHaveLength(new Set(all.filter((line) => !/tentative|host/.test(line))).size);
      }),
    );
  });
});
