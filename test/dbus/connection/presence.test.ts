import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseBusAddress } from '../../../src/dbus/connection/address.ts';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { ALLOW_REPLACEMENT, REPLACE_EXISTING } from '../../../src/dbus/connection/bus-options.ts';
import { Presence, type PresenceOptions } from '../../../src/dbus/connection/presence.ts';
import { NameTakenError } from '../../../src/dbus/errors.ts';
import { openDescriptors } from '../../linux/descriptors.ts';
import { connectBus, connectSocket } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';

const reason = dbusDaemonUnavailable();
const name = 'org.example.Presence';
const target = { destination: name, path: '/', interface: name, member: 'Ask' };

describe.skipIf(reason !== undefined)('Presence', () => {
  let daemon: DBusDaemon;
  let presence: Presence | undefined;
  let told: string[];
  let served: number;

  beforeEach(() => {
    daemon = new DBusDaemon();
    presence = undefined;
    told = [];
    served = 0;
  });

  afterEach(async () => {
    presence?.close();
    await daemon.stop();
  });

  const start = async (options: Partial<PresenceOptions> = {}): Promise<Presence> => {
    presence = await Presence.start({
      addresses: parseBusAddress(daemon.address),
      connect: connectSocket,
      name,
      serve: () => ({ signature: 'u', body: [++served] }),
      onUp: () => told.push('up'),
      onDown: () => told.push('down'),
      onProblem: (error) => told.push(error.message),
      ...options,
    });
    return presence;
  };
  const ask = async (): Promise<unknown> => {
    const client = await connectBus(daemon.address);
    const [number] = await client.call(target);
    client.close();
    return number;
  };

  it('has the name and answers when it has started', async () => {
    await daemon.start();
    await start();
    expect(told).toEqual(['up']);
    expect(presence).toMatchObject({ up: true });
    expect(await ask()).toBe(1);
  });

  it('waits for a bus that is not there yet, and says so once', async () => {
    await start();
    expect(presence).toMatchObject({ up: false, bus: undefined });
    presence?.emit('/', name, 'Nowhere', '', []);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await daemon.start();
    const since = performance.now();
    await expect.poll(() => presence?.up, { timeout: 3000 }).toBe(true);
    expect(performance.now() - since).toBeLessThan(2000);
    expect(await ask()).toBe(1);
    // Between making its socket and listening there dbus-daemon refuses.
    const others = told.filter((text) => !text.endsWith('ECONNREFUSED'));
    expect(others).toEqual([expect.stringMatching(/^no bus at unix:path=.*ENOENT$/), 'up']);
  });

  it('leaves a bus that does not read what it is sent, says so, and is back when that reads again', async () => {
    await daemon.start();
    await start({ outputTimeout: 300, connectTimeout: 500, onDown: (error) => told.push(error.message) });
    daemon.pause();
    // What is sent while it reads nothing is more than a socket takes.
    for (let count = 0; count < 200; count++) presence?.emit('/', name, 'Lost', 's', ['x'.repeat(10_000)]);
    await expect.poll(() => told, { timeout: 5000 }).toHaveLength(2);
    expect(told[1]).toBe('the bus has not read what it was sent within 300 ms');
    expect(presence).toMatchObject({ up: false });
    daemon.resume();
    await expect.poll(() => presence?.up, { timeout: 5000 }).toBe(true);
    expect(await ask()).toBe(1);
  });

  it('stays on one that reads in time, however much there was', async () => {
    await daemon.start();
    await start({ outputTimeout: 1500 });
    for (let round = 0; round < 3; round++) {
      daemon.pause();
      for (let count = 0; count < 200; count++) presence?.emit('/', name, 'Late', 's', ['x'.repeat(10_000)]);
      await new Promise((resolve) => setTimeout(resolve, 700));
      daemon.resume();
      await ask();
    }
    expect(told).toEqual(['up']);
  });

  it('is back when the bus is, with everything that listens, every time, and leaks nothing', async () => {
    await daemon.start();
    const heard: string[] = [];
    const onConnected = async (bus: Bus): Promise<void> => {
      await bus.match({ interface: name, member: 'Knock' }, ({ body }) => heard.push(body[0] as string));
    };
    await start({ onConnected });
    let before = 0;
    for (let round = 0; round < 5; round++) {
      await daemon.kill();
      await expect.poll(() => presence?.up).toBe(false);
      await daemon.start();
      const since = performance.now();
      await expect.poll(() => presence?.up, { interval: 5, timeout: 3000 }).toBe(true);
      expect(performance.now() - since).toBeLessThan(2000);
      expect(await ask()).toBe(round + 1);
      const visitor = await connectBus(daemon.address);
      visitor.emit('/', name, 'Knock', 's', [`round ${round}`]);
      await expect.poll(() => heard.at(-1)).toBe(`round ${round}`);
      visitor.close();
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (round === 0) before = openDescriptors().size;
    }
    expect(heard).toHaveLength(5);
    expect(told.filter((each) => each === 'up' || each === 'down')).toEqual(
      ['up', ...Array(5).fill(['down', 'up'])].flat(),
    );
    await expect.poll(() => openDescriptors().size).toBe(before);
  });

  it('is back within two seconds however long the bus was away', async () => {
    await daemon.start();
    await start();
    await daemon.kill();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await daemon.start();
    const since = performance.now();
    await expect.poll(() => presence?.up, { timeout: 3000 }).toBe(true);
    expect(performance.now() - since).toBeLessThan(1500);
  });

  it('looks for the bus less and less often', async () => {
    let attempts = 0;
    await start({
      connect: () => {
        attempts++;
        throw new Error('nobody');
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThan(10);
    expect(told).toHaveLength(1);
  });

  it('does not start beside somebody who has the name, and says who', async () => {
    await daemon.start();
    const other = await connectBus(daemon.address);
    await other.requestName(name, ALLOW_REPLACEMENT);
    const before = openDescriptors().size;
    await expect(start()).rejects.toBeInstanceOf(NameTakenError);
    await expect(start()).rejects.toMatchObject({
      message: `${name} belongs to ${other.uniqueName}, process ${process.pid}`,
      pid: process.pid,
    });
    expect(openDescriptors().size).toBe(before);
    expect(await other.ownerOf(name)).toBe(other.uniqueName);
    other.close();
  });

  it('does not start where the bus is against it', async () => {
    await daemon.start();
    await expect(start({ name: 'org.freedesktop.DBus' })).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.InvalidArgs',
    });
  });

  it('waits behind somebody who was quicker when the bus came back', async () => {
    await daemon.start();
    await start();
    await daemon.kill();
    await expect.poll(() => presence?.up).toBe(false);
    // Its own address, until the other has the name.
    let open = false;
    presence?.close();
    told = [];
    await start({
      connect: (address) => {
        if (!open) throw new Error('not yet');
        return connectSocket(address);
      },
    });
    await daemon.start();
    const other = await connectBus(daemon.address);
    await other.requestName(name);
    open = true;
    await expect
      .poll(() => told)
      .toEqual([expect.stringContaining('not yet'), `${name} belongs to ${other.uniqueName}, process ${process.pid}`]);
    expect(presence?.bus).toBeDefined();
    other.close();
    await expect.poll(() => presence?.up).toBe(true);
    expect(told.at(-1)).toBe('up');
    expect(await ask()).toBe(1);
  });

  it('waits for the name when the bus takes it away', async () => {
    await daemon.start();
    await start();
    // Only who has a name can give it away, so it does that itself here, behind its own back.
    const bus = presence?.bus as Bus;
    const theBus = {
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
    };
    const other = await connectBus(daemon.address);
    expect(await other.requestName(name, REPLACE_EXISTING)).toBe('queued');
    await bus.call({ ...theBus, member: 'ReleaseName', signature: 's', body: [name] });
    await expect
      .poll(() => told)
      .toEqual(['up', 'down', `${name} belongs to ${other.uniqueName}, process ${process.pid}`]);
    other.close();
    await expect.poll(() => presence?.up).toBe(true);
  });

  it('gives a connection up where what has to be done on it fails', async () => {
    await daemon.start();
    let fail = true;
    await start({
      onConnected: async () => {
        if (fail) throw new Error('not prepared');
      },
    });
    expect(presence).toMatchObject({ up: false, bus: undefined });
    fail = false;
    await expect.poll(() => presence?.up).toBe(true);
    expect(told).toEqual(['not prepared', 'up']);
  });

  it('does not wait for others on the bus for long', async () => {
    await daemon.start();
    let fail: (error: Error) => void = () => {};
    const since = performance.now();
    let stuck = true;
    await start({
      onConnected: () =>
        stuck
          ? new Promise((_, reject) => {
              fail = reject;
            })
          : Promise.resolve(),
    });
    expect(performance.now() - since).toBeLessThan(1900);
    expect(told).toEqual(['up']);
    stuck = false;
    fail(new Error('too late'));
    await expect.poll(() => told).toEqual(['up', 'too late', 'down', 'up']);
  });

  it('is over when it is closed, whenever that is', async () => {
    const before = openDescriptors().size;
    await start();
    presence?.close();
    await daemon.start();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told).toEqual([expect.stringContaining('ENOENT')]);
    await start();
    presence?.close();
    const client = await connectBus(daemon.address);
    await expect.poll(() => client.ownerOf(name)).toBeUndefined();
    client.close();
    await daemon.kill();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told.slice(1)).toEqual(['up']);
    expect(openDescriptors().size).toBeLessThanOrEqual(before + 1);
  });
});
