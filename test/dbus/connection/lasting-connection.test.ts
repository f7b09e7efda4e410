import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseBusAddress } from '../../../src/dbus/connection/address.ts';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { LastingConnection, type LastingConnectionOptions } from '../../../src/dbus/connection/lasting-connection.ts';
import { connectSocket } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';

const reason = dbusDaemonUnavailable();

describe.skipIf(reason !== undefined)('LastingConnection', () => {
  let daemon: DBusDaemon;
  let connection: LastingConnection;
  let told: string[];
  let entered: Bus[];

  beforeEach(() => {
    daemon = new DBusDaemon();
    told = [];
    entered = [];
  });
  afterEach(async () => {
    connection.close();
    await daemon.stop();
  });

  const make = (options: Partial<LastingConnectionOptions> = {}): LastingConnection => {
    connection = new LastingConnection({
      addresses: parseBusAddress(daemon.address),
      connect: connectSocket,
      enter: async (bus) => void entered.push(bus),
      onLost: () => told.push('lost'),
      onProblem: (error) => told.push(error.message),
      ...options,
    });
    return connection;
  };

  it('has no name of its own, and is entered before it has started', async () => {
    await daemon.start();
    await make().start();
    expect(entered).toEqual([connection.bus]);
    const [names] = await (connection.bus as Bus).call({
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
      member: 'ListNames',
    });
    expect(names).toEqual(['org.freedesktop.DBus', connection.bus?.uniqueName]);
    expect(told).toEqual([]);
  });

  it('is there again when the bus is, and says once why it is not', async () => {
    await daemon.start();
    await make().start();
    await daemon.kill();
    await expect.poll(() => told.at(-1)).toMatch(/^no bus at .*ECONNREFUSED$/);
    expect(told[0]).toBe('lost');
    expect(connection.bus).toBeUndefined();
    const before = told.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await daemon.start();
    await expect.poll(() => entered.length, { timeout: 3000 }).toBe(2);
    expect(connection.bus).toBe(entered[1]);
    expect(told).toHaveLength(before);
    connection.settled();
    await daemon.kill();
    await expect.poll(() => told.slice(before)).toContain(told[before - 1]);
  });

  it('says once that the bus refuses, which says it with another name each time', async () => {
    let attempts = 0;
    const enter = async (bus: Bus): Promise<void> => {
      attempts += 1;
      throw new Error(`no, ${bus.uniqueName}`);
    };
    await daemon.start();
    await make({ enter }).start();
    await expect.poll(() => attempts, { timeout: 3000 }).toBeGreaterThan(3);
    expect(told).toEqual([expect.stringMatching(/^no, :1\.\d+$/)]);
  });

  it('tries again when what it is for does not come about', async () => {
    await daemon.start();
    const enter = async (bus: Bus): Promise<void> => {
      entered.push(bus);
      if (entered.length < 3) throw new Error(`attempt ${entered.length}`);
    };
    await make({ enter }).start();
    await expect.poll(() => entered.length, { timeout: 3000 }).toBe(3);
    expect(told).toEqual(['attempt 1', 'attempt 2']);
    await expect(entered[0]?.ownerOf('org.example.X')).rejects.toThrow('over');
    await expect.poll(() => connection.bus).toBe(entered[2]);
  });

  it('gives up at the first attempt only when that is said to be fatal, and is closed then', async () => {
    await daemon.start();
    let attempts = 0;
    const enter = async (): Promise<void> => {
      attempts += 1;
      throw new Error('no');
    };
    await expect(make({ enter }).start((error) => (error as Error).message === 'no')).rejects.toThrow('no');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(attempts).toBe(1);
    expect(told).toEqual([]);
  });
});
