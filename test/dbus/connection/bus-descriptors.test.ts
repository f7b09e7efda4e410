import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MethodCall, Reply } from '../../../src/dbus/call.ts';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { DBusError } from '../../../src/dbus/errors.ts';
import { Variant } from '../../../src/dbus/values.ts';
import { dup, makePipe, openDescriptors } from '../../linux/descriptors.ts';
import { connectBus } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';
import { RawClient } from './raw-client.ts';

const reason = dbusDaemonUnavailable();
const name = 'org.example.Descriptors';
const target = { destination: name, path: '/', interface: name };

describe.skipIf(reason !== undefined)('descriptors over a bus', () => {
  let daemon: DBusDaemon;
  let service: Bus;
  let client: Bus;
  let raw: RawClient;
  let answer: (call: MethodCall) => Reply | Promise<Reply>;
  let before: number;

  beforeAll(async () => {
    daemon = await DBusDaemon.start();
  });

  afterAll(() => daemon?.stop());

  beforeEach(async () => {
    service = await connectBus(daemon.address);
    service.serve((call) => answer(call));
    await service.requestName(name);
    client = await connectBus(daemon.address);
    raw = await RawClient.connect(daemon.address);
    before = openDescriptors().size;
  });

  afterEach(async () => {
    await expect.poll(() => openDescriptors().size).toBe(before);
    service.close();
    client.close();
    raw.transport.destroy();
  });

  it('pass in and out with 100 calls at once', async () => {
    answer = ({ body: [writer, index] }) => {
      writeSync(writer as number, `to ${index}`);
      const out = makePipe();
      writeSync(out.writer, `from ${index}`);
      closeSync(out.writer);
      return { signature: 'sv', body: [`${index}`, new Variant('ah', [out.reader])] };
    };
    const text = (fd: number): string => {
      const bytes = Buffer.alloc(20);
      return bytes.toString('latin1', 0, readSync(fd, bytes));
    };
    const one = async (index: number): Promise<void> => {
      const { reader, writer } = makePipe();
      const request = { ...target, member: 'Both', signature: 'hu', body: [writer, index], acceptDescriptors: true };
      const [same, out] = await client.call(request);
      const [got] = (out as Variant<'ah'>).value;
      expect([same, text(reader), text(got as number)]).toEqual([`${index}`, `to ${index}`, `from ${index}`]);
      closeSync(reader);
      closeSync(got as number);
    };
    await Promise.all(Array.from({ length: 100 }, (_, index) => one(index)));
  });

  it('are closed with 10,000 calls that nobody knows', async () => {
    answer = () => {
      throw new DBusError('org.freedesktop.DBus.Error.UnknownMethod', 'no');
    };
    for (let round = 0; round < 100; round++) {
      const calls = Array.from({ length: 100 }, async (_, index) => {
        const count = (index % 3) + 1;
        const body = [Array.from({ length: count }, () => dup(1))];
        const request = { ...target, member: 'Unknown', signature: 'ah', body };
        await expect(client.call(request)).rejects.toBeInstanceOf(DBusError);
      });
      await Promise.all(calls);
    }
  }, 60_000);

  it('are closed when the call is answered, at once or later, but for those that are claimed', async () => {
    const kept: number[] = [];
    answer = async (call) => {
      const [first, second] = call.body as [number, number];
      call.claim(second);
      expect(() => call.claim(second)).toThrow('has been claimed before');
      expect(() => call.claim(0)).toThrow('did not come with this call');
      await sleep(5);
      fstatSync(first);
      kept.push(second);
      return { signature: '', body: [] };
    };
    await client.call({ ...target, member: 'Keep', signature: 'hh', body: [dup(1), dup(1)] });
    await expect.poll(() => openDescriptors().size).toBe(before + 1);
    for (const fd of kept) closeSync(fd);
  });

  it('can be given back as they came', async () => {
    answer = ({ body }) => ({ signature: 'ah', body });
    const request = { ...target, member: 'Echo', signature: 'ah', body: [[dup(1), openSync('/dev/zero', 'r')]] };
    const [fds] = await client.call({ ...request, acceptDescriptors: true });
    const devices = (fds as number[]).map((fd) => fstatSync(fd).rdev);
    expect(devices).toEqual([fstatSync(1).rdev, statSync('/dev/zero').rdev]);
    for (const fd of fds as number[]) closeSync(fd);
  });

  it('of a reply are closed where nobody asked for them', async () => {
    answer = () => ({ signature: 'hh', body: [dup(1), dup(1)] });
    await client.call({ ...target, member: 'Unasked' });
    raw.call({ destination: name, member: 'NoReply', flags: 1 });
    await client.call({ ...target, member: 'Late', timeout: 0 }).catch(() => {});
    await client.call({ ...target, member: 'Unasked' });
  });

  it.each<[string, Reply, number]>([
    ['a number that is no descriptor', { signature: 'hh', body: [1, 100_000] }, 1],
    ['another value that is out of range', { signature: 'hy', body: [1, 256] }, 1],
    ['more than can be sent at once', { signature: 'ah', body: [Array.from({ length: 254 }, () => 1)] }, 254],
  ])('of a reply with %s are closed, and the caller gets an error', async (_name, reply, count) => {
    answer = () => {
      // Each 1 stands for a descriptor of its own.
      const fresh = (value: unknown): unknown =>
        Array.isArray(value) ? value.map(fresh) : value === 1 ? dup(1) : value;
      const { signature, body } = reply as { signature: string; body: readonly unknown[] };
      const made = { signature, body: body.map(fresh) };
      expect(openDescriptors().size).toBe(before + count);
      return made;
    };
    await expect(client.call({ ...target, member: 'Bad' })).rejects.toMatchObject({ message: 'internal error' });
    answer = () => ({ signature: '', body: [] });
    expect(await client.call({ ...target, member: 'Still' })).toEqual([]);
  });

  it('of a call that cannot be made are closed', async () => {
    await expect(client.call({ ...target, member: 'a b', signature: 'h', body: [dup(1)] })).rejects.toThrow();
    await expect(client.call({ ...target, member: 'M', signature: 'hy', body: [dup(1), -1] })).rejects.toThrow();
    const other = await connectBus(daemon.address);
    other.close();
    await expect(other.call({ ...target, member: 'M', signature: 'h', body: [dup(1)] })).rejects.toThrow();
  });

  it('that a call only speaks of are an error of that call', async () => {
    answer = () => ({ signature: 's', body: ['reached'] });
    const bad = raw.call({ destination: name, member: 'M', signature: 'h', body: [5], descriptors: [dup(1)] });
    const none = raw.call({ destination: name, member: 'M', signature: 'h', body: [0] });
    const good = raw.call({ destination: name, member: 'M', signature: 'h', body: [0], descriptors: [dup(1)] });
    for (const serial of [bad, none]) {
      const reply = await raw.reply(serial);
      expect(reply.errorName).toBe('org.freedesktop.DBus.Error.InvalidArgs');
      expect(reply.values).toEqual(["the arguments are not what their signature 'h' says"]);
    }
    expect((await raw.reply(good)).values).toEqual(['reached']);
  });

  it('of a signal are there while it is heard', async () => {
    let seen: string | undefined;
    await client.match({ sender: name, member: 'File' }, ({ body: [file] }) => {
      seen = readFileSync(file as number, 'latin1');
    });
    service.emit('/', name, 'File', 'h', [openSync('/proc/self/comm', 'r')]);
    service.emit('/', name, 'Unheard', 'h', [dup(1)]);
    await expect.poll(() => seen).toBe(readFileSync('/proc/self/comm', 'latin1'));
  });
});
