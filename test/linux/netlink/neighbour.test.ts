import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AF_INET, AF_INET6 } from '../../../src/linux/netlink/address.ts';
import { decodeNeighbour, neighbourStates, RTM_DELNEIGH, RTM_NEWNEIGH } from '../../../src/linux/netlink/neighbour.ts';
import { NetlinkFormatError } from '../../../src/linux/netlink/netlink-error.ts';

// Bodies recorded from Linux 6.18 on x86-64. `ip neighbour` said there, of interface 3478:
// 198.18.77.2 lladdr 1e:69:75:e4:d1:75 REACHABLE, fd00:77::2 lladdr 1e:69:75:e4:d1:75 DELAY
const IPV4 =
  '02000000960d00000800000108000100c6124d020a0002001e6975e4d17500000800040000000000140003001500000001000000010000000100' +
  '0000';
const IPV6 =
  '0a000000960d00000800000114000100fd0000770000000000000000000000020a0002001e6975e4d1750000080004000000000014000300140000' +
  '00000000000000000001000000';
// `bridge fdb` of interface 3479: 1e:69:75:e4:d1:75 master, and two of the device itself, without a bridge
const LEARNED =
  '07000000970d0000020000000a0002001e6975e4d175000008000900960d000008000f00000000001400030000000000010000000000000000000' +
  '000';
const OWN = '07000000970d0000800002000a0002003333000000010000';

const guest = Uint8Array.of(0x1e, 0x69, 0x75, 0xe4, 0xd1, 0x75);

describe('what the kernel says is understood', () => {
  test('a neighbour of each family', () => {
    const known = { interfaceIndex: 3478, state: neighbourStates.delay, flags: 0, linkAddress: guest };
    expect(decodeNeighbour(message(IPV4))).toEqual({ ...known, family: AF_INET, bytes: Uint8Array.of(198, 18, 77, 2) });
    const bytes = Uint8Array.from([0xfd, 0, 0, 0x77, ...Array(11).fill(0), 2]);
    expect(decodeNeighbour({ ...message(IPV6), type: RTM_DELNEIGH })).toEqual({ ...known, family: AF_INET6, bytes });
  });

  test('what a bridge has learned, and not what a device has for itself', () => {
    expect(decodeNeighbour(message(LEARNED))).toEqual({
      portIndex: 3479,
      bridgeIndex: 3478,
      state: neighbourStates.reachable,
      linkAddress: guest,
    });
    expect(decodeNeighbour(message(OWN))).toBeUndefined();
  });

  test('another family, another message, an entry without an address', () => {
    expect(decodeNeighbour(message(IPV4.replace(/^02/, '06')))).toBeUndefined();
    expect(decodeNeighbour({ ...message(IPV4), type: 16 })).toBeUndefined();
    expect(decodeNeighbour(message(IPV4.slice(0, 24)))).toBeUndefined();
    const unanswered = decodeNeighbour(message(IPV4.slice(0, 40)));
    expect(unanswered).toBeDefined();
    expect(unanswered).not.toHaveProperty('linkAddress');
  });

  test('an address of the wrong size is refused', () => {
    expect(() => decodeNeighbour(message(IPV4.replace(/^02/, '0a')))).toThrow('neighbour of family 10 with 4 bytes');
  });

  test('whatever comes is an entry, nothing, or an error of its own', () => {
    const bodies = [IPV4, IPV6, LEARNED, OWN].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
    fc.assert(
      fc.property(
        fc.constantFrom(...bodies),
        fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 4 }),
        fc.nat(80),
        (original, changes, length) => {
          const body = original.slice();
          for (const [at, value] of changes) if (at < body.length) body[at] = value;
          const cut = body.subarray(0, Math.max(0, body.length - (length > 40 ? 0 : length)));
          try {
            const entry = decodeNeighbour(of(cut));
            if (entry !== undefined && 'family' in entry) expect([4, 16]).toContain(entry.bytes.length);
          } catch (error) {
            expect(error).toBeInstanceOf(NetlinkFormatError);
          }
        },
      ),
      { numRuns: 20_000 },
    );
  });
});

function message(hex: string) {
  return of(Uint8Array.from(Buffer.from(hex, 'hex')));
}

function of(bytes: Uint8Array) {
  const body = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { type: RTM_NEWNEIGH, flags: 0, sequence: 0, body };
}
