import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { MethodCall } from '../../../src/dbus/call.ts';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { ProtocolError } from '../../../src/dbus/errors.ts';
import { type AnyVariant, Variant } from '../../../src/dbus/values.ts';
import { dup, openDescriptors } from '../../linux/descriptors.ts';
import { referenceBody, referenceMessage } from '../codec/reference-encoder.ts';
import { answer, callWith, ScriptedBus } from './scripted-bus.ts';

const none = Buffer.alloc(0);
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The last message that went out, in short. */
function lastOf(scripted: ScriptedBus): unknown {
  const message = scripted.received.at(-1);
  return message?.errorName ?? message?.type;
}

describe('what comes from a bus', () => {
  let scripted: ScriptedBus;
  let bus: Bus;
  let calls: MethodCall[];
  let closed: Error[];
  let before: number;

  beforeEach(async () => {
    scripted = new ScriptedBus();
    bus = await scripted.connect();
    calls = [];
    closed = [];
    bus.onClosed((error) => closed.push(error));
    bus.serve((call) => {
      calls.push(call);
      return { signature: '', body: [] };
    });
    before = openDescriptors().size;
  });

  const ended = async (): Promise<Error | undefined> => {
    await tick();
    expect(scripted.destroyed).toBe(closed.length === 1);
    return closed[0];
  };

  let nested: AnyVariant = new Variant('y', 1);
  for (let depth = 0; depth < 64; depth++) nested = new Variant('v', nested);
  it.each<[string, Buffer]>([
    ['a variant 65 deep', callWith('v', referenceBody('v', [nested], true))],
    ['a signature that is none', callWith('a{vs}', Buffer.alloc(4))],
    ['a signature that dbus-next would read without an end', callWith('a()', referenceBody('u', [8], true))],
    ['a body that ends too early', callWith('ss', referenceBody('s', ['x'], true))],
    ['a body without a signature', callWith('', Buffer.alloc(4))],
    ['no body for its signature', callWith('s', none)],
  ])('may be a call with %s: it is answered InvalidArgs, and the next is served', async (_name, bytes) => {
    scripted.say(Buffer.concat([bytes, callWith('', none, 0, 6)]));
    await vi.waitFor(() => expect(scripted.paused).toBe(false));
    const [refusal, reply] = scripted.received.slice(-2);
    expect(refusal).toMatchObject({ replySerial: 5, errorName: 'org.freedesktop.DBus.Error.InvalidArgs' });
    expect(reply).toMatchObject({ replySerial: 6, type: 2 });
    expect(await ended()).toBeUndefined();
  });

  it('may be what is of no use: that is passed over', async () => {
    const fields: [number, string, unknown][] = [
      [1, 'o', '/'],
      [2, 's', 'a.b'],
      [3, 's', 'M'],
      [7, 's', ':1.9'],
    ];
    const heard: unknown[] = [];
    const matched = bus.match({ member: 'M' }, (signal) => heard.push(signal));
    await tick();
    scripted.say(answer(scripted.received.at(-1)?.serial ?? 0, '', []));
    await matched;
    const sent = scripted.received.length;
    for (const bytes of [
      referenceMessage({ type: 77, serial: 5 }, fields, none, true),
      referenceMessage({ type: 4, serial: 5 }, [...fields, [8, 'g', 's']], Buffer.alloc(2), true),
      referenceMessage({ type: 4, serial: 5 }, fields.slice(1), none, true),
      referenceMessage({ type: 1, serial: 5 }, fields.slice(1, 3), none, true),
      answer(12_345, 's', ['never asked']),
    ]) {
      scripted.say(bytes);
    }
    expect([heard, calls, scripted.received.length]).toEqual([[], [], sent]);
    expect(await ended()).toBeUndefined();
  });

  it('may be a reply of somebody else: the right one is waited for', async () => {
    const reply = bus.call({ destination: ':1.3', path: '/', interface: 'a.b', member: 'M' });
    await tick();
    const serial = scripted.received.at(-1)?.serial as number;
    const from = (sender: string, text: string): Buffer =>
      referenceMessage(
        { type: 2, serial: 9 },
        [
          [5, 'u', serial],
          [7, 's', sender],
          [8, 'g', 's'],
        ],
        referenceBody('s', [text], true),
        true,
      );
    scripted.say(from(':1.4', 'forged'));
    scripted.say(from(':1.3', 'right'));
    expect(await reply).toEqual(['right']);
  });

  it('may be a reply that cannot be read: the call fails', async () => {
    const reply = bus.call({ destination: 'a.b', path: '/', interface: 'a.b', member: 'M' });
    await tick();
    const serial = scripted.received.at(-1)?.serial as number;
    const bytes = answer(serial, 's', ['x']);
    // Without the NUL of the string.
    bytes[bytes.length - 1] = 1;
    scripted.say(bytes);
    await expect(reply).rejects.toThrow('the reply to M of a.b cannot be read');
    expect(await ended()).toBeUndefined();
  });

  it.each<[string, Buffer]>([
    ['is no message', Buffer.from('HTTP/1.1 400 Bad Request\r\n')],
    ['has a header that is none', referenceMessage({ type: 1, serial: 1 }, [[1, 's', '/']], none, true)],
  ])('ends the connection when it %s', async (_name, bytes) => {
    const waiting = bus.call({ destination: 'a.b', path: '/', interface: 'a.b', member: 'M' });
    const failed = expect(waiting).rejects.toMatchObject({ errorName: 'org.freedesktop.DBus.Error.Disconnected' });
    scripted.say(bytes);
    expect(await ended()).toBeInstanceOf(ProtocolError);
    await failed;
    const sent = scripted.received.length;
    scripted.say(callWith('', none), { numbers: [dup(1)], truncated: false });
    expect(scripted.received.length).toBe(sent);
    expect(openDescriptors().size).toBe(before);
  });

  describe('with descriptors', () => {
    const some = (count: number, truncated = false) => ({
      numbers: Array.from({ length: count }, () => dup(1)),
      truncated,
    });

    it('may have them in pieces with other messages', async () => {
      const bytes = Buffer.concat([callWith('', none, 0, 5), callWith('h', referenceBody('h', [1], true), 2, 6)]);
      const descriptors = some(2);
      scripted.say(bytes.subarray(0, bytes.length - 3), descriptors);
      expect(calls).toHaveLength(1);
      scripted.say(bytes.subarray(bytes.length - 3));
      expect(calls[1]?.body).toEqual([descriptors.numbers[1]]);
      expect(openDescriptors().size).toBe(before);
    });

    it('may have lost some: that call is refused, and the others are served', async () => {
      const call = (serial: number): Buffer => callWith('hh', referenceBody('hh', [0, 1], true), 2, serial);
      scripted.say(call(5), some(1, true));
      expect(lastOf(scripted)).toBe('org.freedesktop.DBus.Error.LimitsExceeded');
      scripted.say(call(6), some(0, true));
      scripted.say(call(7), some(2));
      expect(scripted.received.slice(-2)).toMatchObject([
        { replySerial: 6, type: 3 },
        { replySerial: 7, type: 2 },
      ]);
      expect(openDescriptors().size).toBe(before);
      expect(await ended()).toBeUndefined();
    });

    it.each<[string, Buffer, number, boolean]>([
      ['more than a message says', callWith('', none, 1), 2, false],
      ['any that no message speaks of', callWith('', none), 1, false],
      ['fewer than a message says', callWith('', none, 3), 2, false],
      ['none at all', callWith('', none, 3), 0, false],
      ['lost ones that no message speaks of', callWith('', none), 0, true],
      ['more than 253', callWith('', none).subarray(0, 20), 255, false],
    ])('ends the connection when it has %s', async (_name, bytes, count, truncated) => {
      scripted.say(bytes, count > 0 || truncated ? some(count, truncated) : undefined);
      expect(await ended()).toBeInstanceOf(ProtocolError);
      expect(openDescriptors().size).toBe(before);
    });

    it('of a message that never becomes whole are closed with the connection', async () => {
      scripted.say(callWith('', none, 2).subarray(0, 30), some(2));
      expect(openDescriptors().size).toBe(before + 2);
      bus.close();
      await tick();
      expect(openDescriptors().size).toBe(before);
    });
  });
});
