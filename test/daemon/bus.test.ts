import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Variant } from '../../src/dbus/values.ts';
import { mymachines } from '../cli/command.ts';
import { connectBus } from '../support/bus.ts';
import { DaemonProcess, openDirectory } from '../support/daemon-process.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../support/dbus-daemon.ts';

const unavailable = dbusDaemonUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const NAME = 'org.freedesktop.machine1';

describe.skipIf(unavailable !== undefined)('a daemon on a bus', () => {
  let bus: DBusDaemon;
  let directory: string;

  beforeAll(async () => {
    bus = await DBusDaemon.start();
    directory = openDirectory('mymachines-bus-test-');
  });

  afterAll(async () => {
    await bus?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('has the name and its objects when it is ready, and gives the name back when it ends', async () => {
    const daemon = await DaemonProcess.start(join(directory, 'first'), { bus: bus.address });
    const client = await connectBus(bus.address);
    const manager = { destination: NAME, path: '/org/freedesktop/machine1', interface: `${NAME}.Manager` };
    const [machines] = await client.call({ ...manager, member: 'ListMachines' });
    expect(machines).toEqual([['.host', 'host', '', '/org/freedesktop/machine1/machine/_2ehost']]);
    const log = {
      destination: NAME,
      path: '/org/freedesktop/LogControl1',
      interface: 'org.freedesktop.DBus.Properties',
    };
    const get = { ...log, member: 'Get', signature: 'ss', body: ['org.freedesktop.LogControl1', 'LogLevel'] };
    expect(await client.call(get)).toEqual([expect.objectContaining({ signature: 's', value: 'info' })]);
    expect(await daemon.stop()).toBe(0);
    expect(await client.ownerOf(NAME)).toBeUndefined();
    client.close();
    expect(daemon.log).toBe('');
  });

  it('does not start where another has the name, and says who', async () => {
    const client = await connectBus(bus.address);
    await client.requestName(NAME);
    const place = join(directory, 'second');
    const { status, stderr } = await mymachines('serve', '--runtime-dir', place, '--bus', bus.address);
    expect(status).toBe(1);
    expect(stderr).toContain(`mymachines: ${NAME} belongs to ${client.uniqueName}, process ${process.pid}`);
    expect(stderr).toContain('is systemd-machined or another mymachines running?');
    client.close();
    const daemon = await DaemonProcess.start(place);
    await daemon.stop();
  });

  it('is ready without a bus that is not there, and says that it waits', async () => {
    const daemon = await DaemonProcess.start(join(directory, 'third'), { bus: 'unix:path=/nonexistent/bus' });
    expect(daemon.log).toMatch(
      / notice waiting for the bus bus="unix:path=\/nonexistent\/bus" reason="[^:]*:path=\/nonexistent\/bus: connect [^:]*: ENOENT"$/m,
    );
    expect(await daemon.stop()).toBe(0);
  });

  it('tells what the command line says of a bus that is none', async () => {
    const { status, stderr } = await mymachines('serve', '--runtime-dir', directory, '--bus=tcp:host=x,port=1');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^mymachines: --bus=tcp:host=x,port=1: no bus can be reached at "tcp:host=x,port=1"/);
  });

  it.skipIf(process.getuid?.() !== 0)('changes its log level for root', async () => {
    const daemon = await DaemonProcess.start(join(directory, 'fourth'), { bus: bus.address });
    const client = await connectBus(bus.address);
    const log = {
      destination: NAME,
      path: '/org/freedesktop/LogControl1',
      interface: 'org.freedesktop.DBus.Properties',
    };
    const get = { ...log, member: 'Get', signature: 'ss', body: ['org.freedesktop.LogControl1', 'LogLevel'] };
    const level = new Variant('s', 'debug');
    await client.call({ ...get, member: 'Set', signature: 'ssv', body: [...get.body, level] });
    expect(await client.call(get)).toEqual([expect.objectContaining({ value: 'debug' })]);
    client.close();
    await daemon.stop();
  });
});
