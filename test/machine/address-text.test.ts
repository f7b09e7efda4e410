import { isIP, SocketAddress } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressText, needsInterface, parseAddress } from '../../src/machine/address-text.ts';

/** As the C library writes it, which Node's SocketAddress asks. */
function byLibrary(bytes: Uint8Array): string {
  if (bytes.length === 4) return new SocketAddress({ address: bytes.join('.'), family: 'ipv4' }).address;
  const groups = Array.from({ length: 8 }, (_, i) =>
    Buffer.from(bytes)
      .readUInt16BE(2 * i)
      .toString(16),
  );
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}

test('an address is written as the C library writes it', () => {
  const octet = fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, fc.constant(255), fc.nat(255));
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.array(octet, { minLength: 16, maxLength: 16 }).map((all) => Uint8Array.from(all)),
  );
  fc.assert(
    fc.property(bytes, (one) => {
      expect(addressText(one)).toBe(byLibrary(one));
    }),
    { numRuns: 5000 },
  );
});

test.each([
  '::',
  '::1',
  '::0.2.0.0',
  'fe80::1',
  '1:0:0:2::3',
  '1::2:0:0:3:4',
  '1:2:3:4:5:6:7:8',
  '1:0:3:4:5:6:7:8',
  '1:2:3:4:5:6:7:0',
  '::ffff:10.0.0.1',
  '::10.0.0.1',
  '64:ff9b::a00:1',
])('%s', (text) => {
  const groups = text
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)/, (_, ...octets) =>
      [0, 2].map((i) => ((Number(octets[i]) << 8) | Number(octets[i + 1])).toString(16)).join(':'),
    )
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const [head = [], tail = []] = groups;
  const all = [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
  const bytes = Uint8Array.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16)]));
  expect(byLibrary(bytes)).toBe(text);
  expect(addressText(bytes)).toBe(text);
});

test('text is read back, however it is written', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
      (bytes) => {
        expect(parseAddress(addressText(bytes))).toEqual(bytes);
        if (bytes.length === 16) expect(parseAddress(addressText(bytes).toUpperCase())).toEqual(bytes);
      },
    ),
  );
  expect(parseAddress('2001:DB8:0:0:0:0:0:1')).toEqual(parseAddress('2001:db8::1'));
  expect(parseAddress('::ffff:192.0.2.1')).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1));
});

test('text is an address when it is one for the C library, which Node asks', () => {
  const group = fc.constantFrom('0', '1', 'ffff', 'ABCD', '12345', 'g', '', '1.2.3.4', '1.2.3', '01.2.3.4');
  const separator = fc.oneof({ arbitrary: fc.constant(':'), weight: 6 }, fc.constantFrom('::', '.', ':::'));
  const text = fc
    .tuple(fc.constantFrom('', '', ':', '::'), fc.array(fc.tuple(group, separator), { maxLength: 9 }), group)
    .map(([start, groups, end]) => start + groups.flat().join('') + end);
  fc.assert(
    fc.property(text, (one) => {
      const bytes = parseAddress(one);
      expect(bytes?.length).toBe({ 0: undefined, 4: 4, 6: 16 }[isIP(one)]);
      if (bytes?.length === 16) {
        expect(addressText(bytes)).toBe(new SocketAddress({ address: one, family: 'ipv6' }).address);
      }
    }),
    { numRuns: 20_000 },
  );
});

test.each([
  '',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.4/8',
  ' 1.2.3.4',
  '1.2.3.4\n',
  'fe80::1%lo',
  '::1/64',
  '[::1]',
  ':::',
  '1::2::3',
  '::1.2.3',
  '::g',
  '12345::',
  'a',
  'a.b.c.d',
  '::1\n',
])('no address: %j', (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

test.each([
  ['fe80::1', true],
  ['FEBF:0:0:0:0:0:0:1', true],
  ['fec0::1', false],
  ['fe8::1', false],
  ['169.254.3.4', false],
  ['fe80::1%2', false],
  ['fe80', false],
])('%s needs its interface: %j', (text, needs) => {
  expect(needsInterface(text)).toBe(needs);
});
