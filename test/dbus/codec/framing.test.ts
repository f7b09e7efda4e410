import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameDecoder } from '../../../src/dbus/codec/framing.ts';
import { ProtocolError } from '../../../src/dbus/errors.ts';
import { referenceBody, referenceMessage } from './reference-encoder.ts';

const KILOBYTE = 1024;

/** A call with that much text in it. */
function call(serial: number, text: string, littleEndian = true, type = 1): Buffer {
  const fields: [number, string, unknown][] = [
    [1, 'o', '/'],
    [3, 's', 'Member'],
    [8, 'g', 's'],
  ];
  const body = referenceBody('s', [text], littleEndian);
  return referenceMessage({ type, serial }, fields, body, littleEndian);
}

/** What comes out when bytes come in pieces of these sizes, over and over. */
function cut(bytes: Buffer, sizes: readonly number[], maximumBody = KILOBYTE): { frames: string[]; empty: boolean } {
  const decoder = new FrameDecoder(maximumBody);
  const frames: string[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] as number;
    // Overwritten afterwards, as a transport does.
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    at += size;
    decoder.push(chunk);
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
      frames.push(`${frame.bodyKept ? '' : 'header of '}${frame.bytes.toString('latin1')}`);
    }
    decoder.hold();
    chunk.fill(0xee);
  }
  return { frames, empty: decoder.empty };
}

describe('FrameDecoder', () => {
  const messages = [call(1, 'one'), call(2, 'two', false), call(3, ''), call(4, 'x'.repeat(300))];
  const stream = Buffer.concat(messages);
  const whole = messages.map((bytes) => bytes.toString('latin1'));

  it.each([1, 2, 3, 7, 16, 100, 10_000])('finds messages in pieces of %d bytes', (size) => {
    expect(cut(stream, [size])).toEqual({ frames: whole, empty: true });
  });

  it('finds messages in pieces of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sizes) => {
        expect(cut(stream, sizes)).toEqual({ frames: whole, empty: true });
      }),
    );
  });

  it('is not empty within a message', () => {
    expect(cut(stream.subarray(0, -1), [64]).empty).toBe(false);
  });

  it.each([10, 100_000])('passes the body of a long call over, in pieces of %d bytes', (size) => {
    const long = call(5, 'x'.repeat(2000));
    const header = long.subarray(0, long.length - 2005).toString('latin1');
    expect(cut(Buffer.concat([long, call(1, 'one')]), [size])).toEqual({
      frames: [`header of ${header}`, whole[0]],
      empty: true,
    });
    expect(cut(long.subarray(0, -1), [size]).empty).toBe(false);
  });

  it.each([2, 3])('keeps the body of a long answer (type %d)', (type) => {
    const long = call(5, 'x'.repeat(2000), true, type);
    expect(cut(long, [100]).frames).toEqual([long.toString('latin1')]);
  });

  const damaged = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = call(1, 'one');
    change(bytes);
    return bytes;
  };
  it.each([
    ['of no byte order', damaged((bytes) => bytes.writeUInt8(0x4c, 0)), 'begins with the byte 76'],
    ['of another version', damaged((bytes) => bytes.writeUInt8(2, 3)), 'version 2'],
    [
      'with over 64 MiB of fields',
      damaged((bytes) => bytes.writeUInt32LE(2 ** 26 + 1, 12)),
      '67108865 bytes of fields',
    ],
    ['with 4 GiB of fields', damaged((bytes) => bytes.writeUInt32LE(0xffffffff, 12)), '4294967295 bytes of fields'],
    ['with over 128 MiB', damaged((bytes) => bytes.writeUInt32LE(2 ** 27, 4)), '134217728 of body'],
  ])('refuses a message %s', (_name, bytes, reason) => {
    expect(() => cut(bytes, [5])).toThrow(ProtocolError);
    expect(() => cut(bytes, [5])).toThrow(reason);
  });

  it('takes time in proportion to the length', () => {
    const time = (length: number): number => {
      const bytes = Buffer.concat([call(1, '', true, 2), Buffer.alloc(length)]);
      bytes.writeUInt32LE(length + 5, 4);
      const start = performance.now();
      expect(cut(bytes, [16 * KILOBYTE]).frames).toHaveLength(1);
      return performance.now() - start;
    };
    time(KILOBYTE * KILOBYTE);
    const short = Math.max(time(2 * KILOBYTE * KILOBYTE), 1);
    expect(time(32 * KILOBYTE * KILOBYTE) / short).toBeLessThan(64);
  });
});
