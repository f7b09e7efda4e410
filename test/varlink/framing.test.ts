import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../src/varlink/errors.ts';
import { encodeMessages, MessageDecoder } from '../../src/varlink/framing.ts';

describe('a stream of messages', () => {
  const messages = ['{"method":"a.b.C"}', '', '{"x":"\u00e9\u20ac\u{1f600}"}', '{}', 'x'.repeat(3000)];
  const bytes = encodeMessages(messages.map((message) => `${message}\0`).join(''));

  test('comes out the same when it is cut at any one byte', () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(decode([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(messages);
    }
  });

  test('comes out the same byte by byte', () => {
    expect(decode(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(messages);
  });

  test('comes out the same whatever the messages and the cuts', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.nat(400)), (texts, cuts) => {
        const sent = texts.map((text) => Buffer.from(text.replaceAll('\0', ''), 'utf8').toString('utf8'));
        const stream = encodeMessages(sent.map((text) => `${text}\0`).join(''));
        const places = [0, ...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length];
        const chunks = places.slice(1).map((end, index) => stream.subarray(places[index], end));
        expect(decode(chunks)).toEqual(sent);
      }),
    );
  });

  test('can be left in the middle of a chunk and taken later', () => {
    const decoder = new MessageDecoder();
    const chunk = Buffer.from('one\0two\0thr');
    decoder.push(chunk);
    expect(decoder.next()?.toString()).toBe('one');
    decoder.hold();
    chunk.fill('x');
    expect(decoder.length).toBe(7);
    expect(decoder.next()?.toString()).toBe('two');
    decoder.push(Buffer.from('ee\0'));
    expect(decoder.next()?.toString()).toBe('three');
    expect(decoder.next()).toBeUndefined();
    expect(decoder.length).toBe(0);
  });

  test('takes a chunk without holding the one before', () => {
    const decoder = new MessageDecoder();
    decoder.push(Buffer.from('on'));
    decoder.push(new Uint8Array([0x65, 0]));
    expect(decoder.next()?.toString()).toBe('one');
  });
});

test('a message in one chunk is not copied', () => {
  const decoder = new MessageDecoder();
  const chunk = Buffer.from('hello\0');
  decoder.push(chunk);
  expect(decoder.next()?.buffer).toBe(chunk.buffer);
});

describe('the limit', () => {
  const limit = 1000;

  test('lets a message of that length through, in one chunk or many', () => {
    const message = 'x'.repeat(limit);
    expect(decode([Buffer.from(`${message}\0`)], limit)).toEqual([message]);
    expect(decode([Buffer.from(message), Buffer.from('\0')], limit)).toEqual([message]);
  });

  test('refuses one byte more as soon as it is there, before the message ends', () => {
    expect(() => decode([Buffer.from('x'.repeat(limit)), Buffer.from('x')], limit)).toThrow(ProtocolError);
    expect(() => decode([Buffer.from(`${'x'.repeat(limit + 1)}\0`)], limit)).toThrow(ProtocolError);
  });

  test('is for each message, not for a chunk', () => {
    const message = 'x'.repeat(limit);
    expect(decode([Buffer.from(`${message}\0`.repeat(5))], limit)).toHaveLength(5);
  });
});

test('a megabyte in single bytes takes time in proportion', () => {
  const time = (length: number) => {
    const decoder = new MessageDecoder();
    const byte = Buffer.from('x');
    const start = process.hrtime.bigint();
    for (let index = 0; index < length; index++) {
      decoder.push(byte);
      decoder.next();
      decoder.hold();
    }
    return Number(process.hrtime.bigint() - start);
  };
  time(100_000);
  // Eight times the bytes: quadratic work would take 64 times as long.
  expect(time(800_000) / time(100_000)).toBeLessThan(32);
});

/** Takes all messages out of the chunks; each chunk is overwritten when it is the caller's again. */
function decode(chunks: readonly Uint8Array[], limit?: number): string[] {
  const decoder = new MessageDecoder(limit);
  const messages: string[] = [];
  for (const chunk of chunks) {
    const shared = Buffer.from(chunk);
    decoder.push(shared);
    for (let message = decoder.next(); message !== undefined; message = decoder.next()) {
      messages.push(message.toString('utf8'));
    }
    decoder.hold();
    shared.fill(0xee);
  }
  expect(decoder.length).toBe(0);
  return messages;
}
