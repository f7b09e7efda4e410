import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MethodCall, PreparedBody, type Reply } from '../../../src/dbus/call.ts';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { DO_NOT_QUEUE, REPLACE_EXISTING } from '../../../src/dbus/connection/bus-options.ts';
import { DBusError } from '../../../src/dbus/errors.ts';
import { Variant } from '../../../src/dbus/values.ts';
import { connectBus } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';
import { RawClient } from './raw-client.ts';

const reason = dbusDaemonUnavailable();
if (reason !== undefined) console.warn(`connections to a bus are not tried: ${reason}`);

const name = 'org.example.Test';
const target = { destination: name, path: '/org/example/test', interface: 'org.example.Test' };

describe.skipIf(reason !== undefined)('Bus', () => {
  let daemon: DBusDaemon;
  let service: Bus;
  let client: Bus;
  let calls: MethodCall[];
  let internal: unknown[];
  let answer: (call: MethodCall) => Reply | Promise<Reply>;

  beforeAll(async () => {
    daemon = await DBusDaemon.start();
  });

  afterAll(() => daemon?.stop());

  beforeEach(async () => {
    calls = [];
    internal = [];
    answer = (call) => ({ signature: call.signature, body: call.body });
    service = await connectBus(daemon.address, {
      onInternalError: (error) => {
        internal.push(error);
        return new DBusError('org.example.Error.Internal', 'sorry');
      },
    });
    service.serve((call) => {
      calls.push(call);
      return answer(call);
    });
    expect(await service.requestName(name)).toBe('owner');
    client = await connectBus(daemon.address);
  });

  afterEach(() => {
    service.close();
    client.close();
  });

  it('has a name of its own', () => {
    expect(service.uniqueName).toMatch(/^:1\.\d+$/);
    expect(client.uniqueName).not.toBe(service.uniqueName);
  });

  it('carries a call there and its reply back', async () => {
    const body = ['text', new Map([['__proto__', new Variant('ay', new Uint8Array([1, 2]))]]), -5n];
    const request = { ...target, member: 'Echo', signature: 'sa{sv}x', body, interactive: true };
    expect(await client.call(request)).toEqual(body);
    expect(await client.call({ ...target, member: 'Nothing' })).toEqual([]);
    expect(calls).toEqual([
      expect.objectContaining({
        sender: client.uniqueName,
        path: target.path,
        interface: target.interface,
        member: 'Echo',
        signature: 'sa{sv}x',
        body,
        interactive: true,
      }),
      expect.objectContaining({ member: 'Nothing', signature: '', body: [], interactive: false }),
    ]);
  });

  it('answers later, and with what was made ready before', async () => {
    answer = async ({ member }) => {
      await sleep(5);
      return member === 'Ready' ? new PreparedBody('s', Buffer.from('\x02\0\0\0hi\0')) : { signature: 'u', body: [7] };
    };
    expect(await client.call({ ...target, member: 'Ready' })).toEqual(['hi']);
    expect(await client.call({ ...target, member: 'Other' })).toEqual([7]);
  });

  it('keeps the order of calls and of what is answered at once, also with signals in between', async () => {
    const heard: unknown[] = [];
    await client.match({ sender: name, member: 'Changed' }, ({ body }) => heard.push(body[0]));
    answer = ({ body }) => {
      service.emit('/', 'a.b', 'Changed', 'u', [body[0]]);
      return { signature: 'u', body: [body[0]] };
    };
    const numbers = Array.from({ length: 500 }, (_, index) => index);
    const asked = numbers.map(async (number) => {
      const [reply] = await client.call({ ...target, member: 'Count', signature: 'u', body: [number] });
      heard.push(reply);
    });
    await Promise.all(asked);
    expect(calls.map(({ body }) => body[0])).toEqual(numbers);
    // What was signalled before an answer is heard before it, or in the same moment.
    expect(heard.filter((_, index, all) => all.indexOf(heard[index]) === index)).toEqual(numbers);
  });

  it('gives an error its name, and everything else that is thrown to the hook', async () => {
    answer = ({ member }) => {
      if (member === 'Known') throw new DBusError('org.example.Error.Known', 'a \0 and more');
      if (member === 'Nameless') throw new DBusError('no name', 'secret');
      if (member === 'Later') return Promise.reject(new Error('secret'));
      if (member === 'OutOfRange') return { signature: 'y', body: [256] };
      if (member === 'Mismatch') return { signature: 'ss', body: ['x'] };
      throw new TypeError('secret');
    };
    const failure = (member: string): Promise<unknown> => client.call({ ...target, member }).catch((error) => error);
    expect(await failure('Known')).toMatchObject({
      errorName: 'org.example.Error.Known',
      message: 'a \ufffd and more',
    });
    for (const member of ['Nameless', 'Later', 'OutOfRange', 'Mismatch', 'Thrown']) {
      expect(await failure(member)).toMatchObject({ errorName: 'org.example.Error.Internal', message: 'sorry' });
    }
    expect(internal).toHaveLength(5);
  });

  it('says no word of what went wrong when nobody hears of it', async () => {
    const quiet = await connectBus(daemon.address);
    quiet.serve(() => {
      throw new Error('secret');
    });
    const request = { ...target, destination: quiet.uniqueName, member: 'M' };
    await expect(client.call(request)).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.Failed',
      message: 'internal error',
    });
    quiet.close();
  });

  it('answers also when who is to hear of it fails, or gives no valid name', async () => {
    const uncaught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push(error));
    const failure = new Error('hook');
    let fail = true;
    const careless = await connectBus(daemon.address, {
      onInternalError: () => {
        if (fail) throw failure;
        return new DBusError('nonsense', 'secret');
      },
    });
    careless.serve(() => {
      throw new Error('secret');
    });
    const request = { ...target, destination: careless.uniqueName, member: 'M' };
    await expect(client.call(request)).rejects.toMatchObject({ message: 'internal error' });
    fail = false;
    await expect(client.call(request)).rejects.toMatchObject({ message: 'internal error' });
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect(uncaught).toEqual([failure]);
    careless.close();
  });

  it('answers calls also while it serves nothing', async () => {
    await expect(service.call({ ...target, destination: client.uniqueName, member: 'M' })).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.UnknownMethod',
    });
  });

  it('answers nothing where no answer is wanted', async () => {
    const raw = await RawClient.connect(daemon.address);
    raw.call({ destination: name, member: 'Quiet', flags: 1 });
    answer = ({ member }) => {
      if (member === 'Failing') throw new DBusError('a.b', 'x');
      return { signature: '', body: [] };
    };
    raw.call({ destination: name, member: 'Failing', flags: 1 });
    const serial = raw.call({ destination: name, member: 'Loud' });
    await raw.reply(serial);
    expect(calls.map(({ member }) => member)).toEqual(['Quiet', 'Failing', 'Loud']);
    expect(raw.received.map(({ replySerial }) => replySerial).filter(Boolean)).toEqual([1, serial]);
    raw.transport.destroy();
  });

  it('understands a call in the other byte order', async () => {
    const raw = await RawClient.connect(daemon.address);
    const body = ['ü', 2n ** 63n, new Map([['k', new Variant('(nd)', [-2, 0.5])]])];
    const serial = raw.call({ destination: name, member: 'Echo', signature: 'sta{sv}', body, littleEndian: false });
    expect((await raw.reply(serial)).values).toEqual(body);
    expect(calls[0]?.body).toEqual(body);
    raw.transport.destroy();
  });

  it('gives up a call that is not answered in time, and a late answer is no harm', async () => {
    answer = async () => {
      await sleep(60);
      return { signature: 's', body: ['late'] };
    };
    const start = performance.now();
    await expect(client.call({ ...target, member: 'Slow', timeout: 20 })).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.NoReply',
      message: `Slow of ${name} was not answered within 20 ms`,
    });
    expect(performance.now() - start).toBeLessThan(55);
    expect(await client.call({ ...target, member: 'Slow' })).toEqual(['late']);
  });

  it('passes on the errors of the bus', async () => {
    await expect(client.call({ ...target, destination: 'org.example.Nobody', member: 'M' })).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.ServiceUnknown',
    });
    await expect(client.requestName('org.freedesktop.DBus')).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.InvalidArgs',
    });
  });

  it('sends nothing for which the bus would end the connection', async () => {
    await expect(client.call({ ...target, path: 'x', member: 'M' })).rejects.toThrow('no valid object path');
    await expect(client.call({ ...target, member: 'M.N' })).rejects.toThrow('no valid name of a member');
    await expect(client.call({ ...target, member: 'M', signature: 'o', body: ['x'] })).rejects.toThrow(TypeError);
    expect(() => client.emit('/', 'x', 'M', '', [])).toThrow('no valid name of an interface');
    await expect(client.match({ path: 'x' }, () => {})).rejects.toThrow('no valid path of a match rule');
    expect(await client.call({ ...target, member: 'Still' })).toEqual([]);
  });

  it('asks for names', async () => {
    expect(await service.requestName(name)).toBe('already-owner');
    expect(await client.requestName(name, DO_NOT_QUEUE | REPLACE_EXISTING)).toBe('exists');
    expect(await client.requestName(name)).toBe('queued');
    expect(await client.ownerOf(name)).toBe(service.uniqueName);
    expect(await client.ownerOf('org.example.Nobody')).toBeUndefined();
  });

  it('knows who a caller is', async () => {
    let credentials: unknown;
    answer = async (call) => {
      credentials = await call.credentials();
      return { signature: '', body: [] };
    };
    await client.call({ ...target, member: 'Who' });
    expect(credentials).toMatchObject({ uid: process.getuid?.(), pid: process.pid });
    await expect(service.credentialsOf(':1.999999')).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.NameHasNoOwner',
    });
  });

  it('works on 128 calls of one sender at once, and on those of others', async () => {
    const waiting: ((reply: Reply) => void)[] = [];
    answer = () => new Promise((resolve) => waiting.push(resolve));
    const all = Array.from({ length: 130 }, () => client.call({ ...target, member: 'Wait' }).catch((error) => error));
    expect(await all[129]).toMatchObject({ errorName: 'org.freedesktop.DBus.Error.LimitsExceeded' });
    const other = await connectBus(daemon.address);
    const another = other.call({ ...target, member: 'Wait' });
    await expect.poll(() => waiting.length).toBe(129);
    for (const resolve of waiting.splice(0)) resolve({ signature: 's', body: ['done'] });
    expect(await another).toEqual(['done']);
    expect((await Promise.all(all)).filter((result) => !(result instanceof DBusError))).toHaveLength(128);
    answer = () => ({ signature: '', body: [] });
    expect(await client.call({ ...target, member: 'Again' })).toEqual([]);
    other.close();
  });

  it('refuses a call that is too long without keeping it, and goes on', async () => {
    const long = { ...target, member: 'Long', signature: 's', body: ['x'.repeat(5_000_000)] };
    await expect(client.call(long)).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.LimitsExceeded',
      message: 'the arguments are too long',
    });
    expect(calls).toEqual([]);
    answer = () => ({ signature: 's', body: ['y'.repeat(5_000_000)] });
    expect(await client.call({ ...target, member: 'Short' })).toEqual(['y'.repeat(5_000_000)]);
  });

  it('sends no answer for which a system bus would end the connection', async () => {
    answer = () => new PreparedBody('ay', new Uint8Array(32 * 1024 * 1024));
    await expect(client.call({ ...target, member: 'Long' })).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.LimitsExceeded',
      message: 'the answer has 33554432 bytes',
    });
    answer = () => ({ signature: '', body: [] });
    expect(await client.call({ ...target, member: 'Short' })).toEqual([]);
  });
});
