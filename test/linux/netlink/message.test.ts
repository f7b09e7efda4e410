import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Attributes } from '../../../src/linux/netlink/attributes.ts';
import { errorOf, MessageWriter, parseMessages } from '../../../src/linux/netlink/message.ts';
import { NetlinkFormatError } from '../../../src/linux/netlink/netlink-error.ts';

function view(hex: string): DataView {
  const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  return new DataView(bytes.buffer);
}

describe('netlink messages', () => {
  test('are built as the kernel takes them', () => {
    // RTM_GETNSID (0x5a) with NETNSA_PID = 0x1234, as ip(8) sends it
    const writer = new MessageWriter(0x5a, 0x5).zeros(4).number(2, 0x1234);
    expect(Buffer.from(writer.finish(7)).toString('hex')).toBe(
      '1c0000005a0005000700000000000000000000000800020034120000',
    );
    expect(Buffer.from(writer.finish(8)).readUInt32LE(8)).toBe(8);
  });

  test('attributes of odd length are padded, nested ones counted', () => {
    const writer = new MessageWriter(16, 1).zeros(16);
    writer.nest(18, (info) => info.nest(1, (kind) => kind.bytes(Buffer.from('veth\0'))).number(-2 & 0x3fff, -1));
    const bytes = writer.finish(1);
    expect(bytes.length % 4).toBe(0);
    const [message] = parseMessages(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
    const info = new Attributes((message as { body: DataView }).body, 16);
    expect(info.next() && info.type).toBe(18);
    const kind = info.nested();
    expect([kind.next(), kind.string(), kind.length]).toEqual([true, 'veth', 5]);
    expect([kind.next(), kind.i32(), kind.next(), info.next()]).toEqual([true, -1, false, false]);
  });

  test('too long an attribute is not written', () => {
    expect(() => new MessageWriter(1, 1).nest(5, (writer) => writer.zeros(0x10000))).toThrow(
      'attribute 5 of 65540 bytes',
    );
  });

  test('a datagram is cut into its messages', () => {
    const messages = parseMessages(
      view('14000000 1000 0200 05000000 00000000 aabbccdd 10000000 0300 0200 06000000 00000000'),
    );
    expect(messages.map(({ type, flags, sequence, body }) => [type, flags, sequence, body.byteLength])).toEqual([
      [16, 2, 5, 4],
      [3, 2, 6, 0],
    ]);
  });

  test.each([
    ['of length 0', '00000000 1000 0200 05000000 00000000', '0 bytes long'],
    ['longer than the datagram', '15000000 1000 0200 05000000 00000000 aabbccdd', '21 bytes long, of 20 left'],
    ['with half a header', '10000000 1000', '6 bytes long'],
  ])('a message %s is refused', (_, hex, text) => {
    expect(() => parseMessages(view(hex))).toThrow(text);
    expect(() => parseMessages(view(hex))).toThrow(NetlinkFormatError);
  });

  test('an error has its number, and the words of the kernel after the repeated request', () => {
    // Recorded from Linux 6.18: RTM_GETNSID of an id that no namespace has, whole and capped.
    const capped =
      'feffffff 1c0000005a00010009000000000000002400010050656572206e65746e73207265666572656e636520697320696e76616c69640000000000';
    const [error] = [{ type: 2, flags: 0x300, sequence: 1, body: view(capped) }].map((m) => errorOf(m, 'RTM_GETNSID'));
    expect(error).toMatchObject({
      code: 'ENOENT',
      explanation: 'Peer netns reference is invalid',
      message: 'RTM_GETNSID Peer netns reference is invalid: ENOENT',
    });
    const whole = view(`feffffff 180000005a00010009000000 00000000 0000000011223344 0c000100 6e6f7065 00000000`);
    whole.setUint32(4, 24, true);
    expect(errorOf({ type: 2, flags: 0x200, sequence: 1, body: whole }, 'x')?.explanation).toBe('nope');
    expect(
      errorOf({ type: 3, flags: 0x202, sequence: 1, body: view('eaffffff 09000100 6e6f7065 00000000') }, 'x'),
    ).toMatchObject({
      code: 'EINVAL',
      explanation: 'nope',
    });
    expect(errorOf({ type: 2, flags: 0, sequence: 1, body: view('00000000') }, 'x')).toBeUndefined();
    expect(errorOf({ type: 3, flags: 2, sequence: 1, body: view('') }, 'x')).toBeUndefined();
    expect(() => errorOf({ type: 2, flags: 0, sequence: 1, body: view('ffff') }, 'x')).toThrow(NetlinkFormatError);
  });

  test('any bytes are messages, errors or a format error', () => {
    const anything = fc.uint8Array({ maxLength: 120, size: 'max' });
    const plausible = anything.map((bytes) => {
      if (bytes.length >= 16) new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, bytes.length, true);
      return bytes;
    });
    let parsed = 0;
    fc.assert(
      fc.property(fc.oneof(anything, plausible), fc.nat(0xffff), (bytes, flags) => {
        try {
          for (const message of parseMessages(new DataView(bytes.buffer, bytes.byteOffset, bytes.length))) {
            parsed++;
            errorOf({ ...message, flags, type: 2 + (message.type & 1) }, 'x');
          }
        } catch (error) {
          expect(error).toBeInstanceOf(NetlinkFormatError);
        }
      }),
      { numRuns: 3000 },
    );
    expect(parsed).toBeGreaterThan(500);
  });
});
