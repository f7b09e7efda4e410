import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AF_INET, AF_INET6, decodeAddress } from '../../../src/linux/netlink/address.ts';
import { decodeLink } from '../../../src/linux/netlink/link.ts';
import { decodeNamespaceId } from '../../../src/linux/netlink/namespace-id.ts';
import { NetlinkFormatError } from '../../../src/linux/netlink/netlink-error.ts';

// Bodies recorded from Linux 6.18 on x86-64, of a namespace with id 3. `ip address` said there:
// inet 10.5.0.1 peer 10.5.0.2/30 scope global deprecated dynamic host0, and inet6 fd00::9/64 scope global tentative
const IPV4 =
  '021e20000200000008000a0003000000080001000a050002080002000a0500010a000300686f73743000000008000800200000001400060000000000' +
  'e8030000b97e0600b97e0600';
const IPV6 =
  '0a40c0000200000008000a000300000014000100fd00000000000000000000000000000914000600ffffffffffffffffb97e0600b97e0600' +
  '08000800c0000000';
// host0, the second interface, other end of a veth pair with one of the asking namespace, which has the id 1 in itself
const LINK = readFileSync(new URL('../../../fixtures/netlink/link-veth.hex', import.meta.url), 'utf8').replace(
  /\s/g,
  '',
);
const NAMESPACE_ID = '000000000800010001000000';
const NOT_ASSIGNED = '0000000008000100ffffffff';

const RTM_NEWADDR = 20;

describe('what the kernel says is understood', () => {
  test('an IPv4 address on a point-to-point link is the near end', () => {
    expect(decodeAddress(message(IPV4), AF_INET, 3)).toEqual({
      family: AF_INET,
      bytes: Uint8Array.of(10, 5, 0, 1),
      prefixLength: 30,
      interfaceIndex: 2,
      scope: 0,
      flags: 0x20,
    });
  });

  test('an IPv6 address', () => {
    expect(decodeAddress(message(IPV6), AF_INET6, 3)).toEqual({
      family: AF_INET6,
      bytes: Uint8Array.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9),
      prefixLength: 64,
      interfaceIndex: 2,
      scope: 0,
      flags: 0xc0,
    });
  });

  test('an address of another family is left out, one of another namespace refused', () => {
    expect(decodeAddress(message(IPV6), AF_INET, 3)).toBeUndefined();
    expect(decodeAddress({ ...message(IPV4), type: 16 }, AF_INET, 3)).toBeUndefined();
    expect(() => decodeAddress(message(IPV4), AF_INET, 4)).toThrow('address of network namespace 3, not 4');
    // The attribute left out, as by a kernel that does not know it: these would be our own addresses.
    const own = IPV4.replace('08000a0003000000', '');
    expect(() => decodeAddress(message(own), AF_INET, 3)).toThrow('address of network namespace undefined, not 3');
  });

  test('an address of the wrong size is refused', () => {
    const short = IPV6.replace('14000100fd00000000000000000000000000000914', '08000100fd00000914');
    expect(() => decodeAddress(message(short), AF_INET6, 3)).toThrow('address of family 10 with 4 bytes');
    const none = IPV6.replace('14000100fd000000000000000000000000000009', '');
    expect(() => decodeAddress(message(none), AF_INET6, 3)).toThrow('address of family 10 with no bytes');
  });

  test('an interface', () => {
    expect(decodeLink(view(LINK))).toEqual({
      index: 2,
      name: 'host0',
      flags: 0x1003,
      kind: 'veth',
      peerIndex: 6948,
      peerNamespace: 1,
      target: 3,
    });
  });

  test('the id of a namespace, or that it has none', () => {
    expect(decodeNamespaceId(view(NAMESPACE_ID))).toBe(1);
    expect(decodeNamespaceId(view(NOT_ASSIGNED))).toBeUndefined();
    expect(decodeNamespaceId(view('00000000'))).toBeUndefined();
  });

  test('each of them, changed anywhere, is something else or a format error', () => {
    const decoders = [
      (body: DataView) => decodeAddress({ type: RTM_NEWADDR, flags: 0, sequence: 0, body }, AF_INET, 3),
      (body: DataView) => decodeAddress({ type: RTM_NEWADDR, flags: 0, sequence: 0, body }, AF_INET6, 3),
      decodeLink,
      decodeNamespaceId,
    ];
    let refused = 0;
    const change = fc.tuple(fc.nat(80), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(IPV4, IPV6, LINK, NAMESPACE_ID),
        fc.array(change),
        fc.nat(1200),
        (hex, changes, cut) => {
          const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          for (const decode of decoders) {
            try {
              decode(new DataView(bytes.buffer, 0, Math.min(cut, bytes.length)));
            } catch (error) {
              expect(error).toBeInstanceOf(NetlinkFormatError);
              refused++;
            }
          }
        },
      ),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(200);
  });
});

function view(hex: string): DataView {
  return new DataView(Uint8Array.from(Buffer.from(hex, 'hex')).buffer);
}

function message(hex: string) {
  return { type: RTM_NEWADDR, flags: 2, sequence: 1, body: view(hex) };
}
