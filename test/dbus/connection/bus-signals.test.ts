import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import type { Signal } from '../../../src/dbus/connection/match.ts';
import { connectBus } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';
import { referenceMessage } from '../codec/reference-encoder.ts';
import { RawClient } from './raw-client.ts';

const reason = dbusDaemonUnavailable();
const name = 'org.example.Test';
const target = { destination: name, path: '/org/example/test', interface: 'org.example.Test' };
const theBus = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};

describe.skipIf(reason !== undefined)('signals', () => {
  let daemon: DBusDaemon;
  let service: Bus;
  let client: Bus;
  let heard: Signal[];
  const listen = (signal: Signal): void => void heard.push(signal);

  beforeAll(async () => {
    daemon = await DBusDaemon.start();
  });

  afterAll(() => daemon?.stop());

  beforeEach(async () => {
    heard = [];
    service = await connectBus(daemon.address);
    service.serve(() => ({ signature: '', body: [] }));
    await service.requestName(name);
    client = await connectBus(daemon.address);
  });

  afterEach(() => {
    service.close();
    client.close();
  });

  /** Everything that was sent before has been heard when this is over. */
  const settle = async (): Promise<void> => void (await client.call({ ...target, member: 'Settle' }));

  it('are heard by those whose rule they meet', async () => {
    await client.match({ sender: name, interface: 'a.b', member: 'Hit', path: '/x', arg0: "it's" }, listen);
    service.emit('/x', 'a.b', 'Hit', 'su', ["it's", 5]);
    service.emit('/x', 'a.b', 'Hit', 'su', ['other', 5]);
    service.emit('/x', 'a.b', 'Hit', '', []);
    service.emit('/y', 'a.b', 'Hit', 'su', ["it's", 5]);
    service.emit('/x', 'a.c', 'Hit', 'su', ["it's", 5]);
    service.emit('/x', 'a.b', 'Miss', 'su', ["it's", 5]);
    await settle();
    const signal = { path: '/x', interface: 'a.b', member: 'Hit', signature: 'su', body: ["it's", 5] };
    expect(heard).toEqual([{ sender: service.uniqueName, ...signal }]);
  });

  it('are heard once by each listener, until it stops', async () => {
    const stop = await client.match({ member: 'Hit' }, listen);
    await client.match({ interface: 'a.b' }, listen);
    service.emit('/', 'a.b', 'Hit', '', []);
    await settle();
    expect(heard).toHaveLength(2);
    stop();
    stop();
    service.emit('/', 'a.b', 'Hit', '', []);
    await settle();
    expect(heard).toHaveLength(3);
  });

  it('of somebody else are not taken for those of who has the name', async () => {
    const attacker = await RawClient.connect(daemon.address);
    await client.match({ sender: name, member: 'Hit' }, listen);
    // Another rule that lets everything come, and a signal that is sent to this connection alone.
    await client.match({ interface: 'a.b' }, () => {});
    attacker.transport.send(signalTo(client.uniqueName, attacker.nextSerial()));
    await attacker.reply(attacker.call({ ...theBus, member: 'GetId' }));
    await settle();
    expect(heard).toEqual([]);
    attacker.transport.destroy();
  });

  it('are those of who has the name at the moment', async () => {
    await client.match({ sender: name, member: 'Hit' }, listen);
    const next = await connectBus(daemon.address);
    expect(await next.requestName(name)).toBe('queued');
    next.emit('/', 'a.b', 'Hit', 's', ['too early']);
    await next.ownerOf(name);
    service.close();
    await expect.poll(() => client.ownerOf(name)).toBe(next.uniqueName);
    next.emit('/', 'a.b', 'Hit', 's', ['now']);
    await expect.poll(() => heard.map(({ body }) => body[0])).toEqual(['now']);
    next.close();
  });

  it('do not stop at a listener that throws', async () => {
    const errors: unknown[] = [];
    const careful = await connectBus(daemon.address, { onListenerError: (error) => errors.push(error) });
    const failure = new Error('listener');
    await careful.match({ member: 'Hit' }, () => {
      throw failure;
    });
    await careful.match({ member: 'Hit' }, listen);
    service.emit('/', 'a.b', 'Hit', '', []);
    await careful.call({ ...target, member: 'Settle' });
    expect(errors).toEqual([failure]);
    expect(heard).toHaveLength(1);
    careful.close();
  });
});

function signalTo(destination: string, serial: number): Buffer {
  return referenceMessage(
    { type: 4, serial },
    [
      [1, 'o', '/'],
      [2, 's', 'a.b'],
      [3, 's', 'Hit'],
      [6, 's', destination],
    ],
    Buffer.alloc(0),
    true,
  );
}
