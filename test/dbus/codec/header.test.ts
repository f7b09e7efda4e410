import dbusMessage from 'dbus-next/lib/message.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHeader, encodeMessage } from '../../../src/dbus/codec/header.ts';
import type { OutgoingMessage } from '../../../src/dbus/codec/message.ts';
import { ProtocolError } from '../../../src/dbus/errors.ts';
import { Variant } from '../../../src/dbus/values.ts';
import { referenceMessage } from './reference-encoder.ts';

const body = Buffer.from('\x01\0\0\0x\0', 'latin1');
const name = fc.stringMatching(/^[a-zA-Z_.:0-9]{1,255}$/);
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const anyMessage: fc.Arbitrary<OutgoingMessage> = fc.record({
  type: fc.integer({ min: 1, max: 4 }),
  flags: fc.nat(7),
  path: optional(name.map((text) => `/${text}`)),
  interface: optional(name),
  member: optional(name),
  errorName: optional(name),
  replySerial: optional(fc.integer({ min: 1, max: 0xffffffff })),
  destination: optional(name),
  signature: fc.constantFrom('s', ''),
  body: fc.constantFrom(body, Buffer.alloc(0)),
  descriptors: fc.constantFrom([], [1, 2, 3]),
});

describe('the header', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyMessage, fc.integer({ min: 1, max: 0xffffffff }), (message, serial) => {
        const bytes = encodeMessage(message, serial);
        const { descriptors, ...fields } = message;
        expect(decodeHeader(bytes, true)).toEqual({
          ...fields,
          serial,
          sender: undefined,
          descriptorCount: descriptors.length,
          littleEndian: true,
        });
      }),
    );
  });

  it('is written as dbus-next does', () => {
    fc.assert(
      fc.property(anyMessage, fc.integer({ min: 1, max: 0xffffffff }), (message, serial) => {
        const { type, flags, path, interface: interfaceName, member, errorName, replySerial, destination } = message;
        const theirs = {
          type,
          flags,
          serial,
          path,
          interface: interfaceName,
          member,
          errorName,
          replySerial,
          destination,
        };
        // In one go with a body they would count the descriptors in it.
        const [bytes] = dbusMessage.marshall(
          message.signature === 's' ? { ...theirs, signature: 's', body: ['x'] } : theirs,
        );
        const ours = { ...message, body: message.signature === 's' ? body : Buffer.alloc(0), descriptors: [] };
        expect(encodeMessage(ours, serial).equals(bytes)).toBe(true);
      }),
    );
  });

  const fields: [number, string, unknown][] = [
    [1, 'o', '/a/b'],
    [2, 's', 'a.b'],
    [3, 's', 'Member'],
    [6, 's', ':1.2'],
    [7, 's', ':1.3'],
    [8, 'g', 'u'],
    [9, 'u', 4],
  ];
  const expected = {
    type: 1,
    flags: 4,
    serial: 77,
    path: '/a/b',
    interface: 'a.b',
    member: 'Member',
    errorName: undefined,
    replySerial: undefined,
    destination: ':1.2',
    sender: ':1.3',
    signature: 'u',
    descriptorCount: 4,
  };

  it.each([true, false])('is read in both byte orders, little: %s', (littleEndian) => {
    const bytes = referenceMessage({ type: 1, flags: 4, serial: 77 }, fields, body, littleEndian);
    expect(decodeHeader(bytes, true)).toEqual({ ...expected, littleEndian, body });
    expect(decodeHeader(bytes, false).body).toBeUndefined();
  });

  it('may have fields that nobody knows, of any type', () => {
    const unknown: [number, string, unknown][] = [
      [10, 'o', '/container'],
      [200, 'a{sv}', new Map([['a', new Variant('(ii)', [1, 2])]])],
      [0, 't', 5n],
      [11, 'y', 1],
    ];
    for (const littleEndian of [true, false]) {
      const mixed = fields.flatMap((field, index) => [unknown[index] ?? field, field]);
      const bytes = referenceMessage({ type: 1, flags: 4, serial: 77 }, mixed, body, littleEndian);
      expect(decodeHeader(bytes, true)).toEqual({ ...expected, littleEndian, body });
    }
  });

  it.each<[string, [number, string, unknown]]>([
    ['a path that is a string', [1, 's', '/']],
    ['a member that is a number', [3, 'u', 5]],
    ['a serial that is a string', [5, 's', '5']],
    ['a signature that is a string', [8, 's', 'u']],
  ])('is refused with %s', (_name, field) => {
    const bytes = referenceMessage({ type: 1, serial: 1 }, [field], Buffer.alloc(0), true);
    expect(() => decodeHeader(bytes, true)).toThrow(ProtocolError);
  });

  it('that is damaged is read or refused, and at once', () => {
    const whole = referenceMessage({ type: 1, flags: 4, serial: 77 }, [...fields, [99, 'av', []]], body, true);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 17), fc.nat(255)), { minLength: 1 }), (changes) => {
        const bytes = Buffer.from(whole);
        // The fixed part says how long the message is, and was looked at before.
        for (const [at, byte] of changes) bytes[at + 16] = byte;
        try {
          decodeHeader(bytes, true);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
