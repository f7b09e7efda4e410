import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RootedMachine } from '../inside/copies/rooted-machine.ts';
import { isRoot } from '../linux/process-tree.ts';
import { connectBus } from '../support/bus.ts';
import { childrenRunning } from '../support/child-processes.ts';
import { DaemonProcess, openDirectory } from '../support/daemon-process.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../support/dbus-daemon.ts';
import { call } from './keeping/calls.ts';

const unavailable = dbusDaemonUnavailable() ?? (isRoot ? undefined : 'copying needs root');
if (unavailable !== undefined) console.warn(`skipped, copies through the daemon: ${unavailable}`);

const service = { destination: 'org.freedesktop.machine1', path: '/org/freedesktop/machine1' };
const manager = { ...service, interface: 'org.freedesktop.machine1.Manager' };

describe.skipIf(unavailable !== undefined)('a daemon that copies', () => {
  let bus: DBusDaemon;
  let daemon: DaemonProcess;
  let box: RootedMachine;

  beforeAll(async () => {
    bus = await DBusDaemon.start();
    daemon = await DaemonProcess.start(openDirectory('mymachines-copies-'), { bus: bus.address });
    box = await RootedMachine.start();
    const leader = box.machine.leader.pid;
    expect(await varlink('Register', { name: 'box', class: 'container', leader })).toEqual([{}]);
  });
  afterEach(async () => {
    // Nothing is left of what was called off, neither in the machine nor as a process.
    await until(() => readdirSync(join(box.root, 'data')).every((name) => !name.startsWith('.')));
    await until(() => copying().length === 0);
  });
  afterAll(async () => {
    box?.stop();
    await daemon?.stop();
    await bus?.stop();
  });

  const varlink = (method: string, parameters: object) =>
    call(daemon.machineSocket, `io.systemd.Machine.${method}`, parameters);
  const copying = (): number[] => childrenRunning('copying/program.js', daemon.pid);
  const isUnderWay = (): boolean =>
    readdirSync(join(box.root, 'data')).some((name) => name.startsWith('.mymachines-copy-'));
  /** It never ends: the kernel's log is never over. */
  const endless = { source: '/proc/kmsg', destination: '/data/kmsg' };

  it('does so over both transports, with the errors of each', async () => {
    writeFileSync(join(box.host, 'file'), 'of the host');
    const source = join(box.host, 'file');
    const client = await connectBus(bus.address);
    await varlink('CopyTo', { name: 'box', source, destination: '/data/one' });
    expect(readFileSync(join(box.root, 'data/one'), 'utf8')).toBe('of the host');
    const copyTo = (destination: string) =>
      client.call({ ...manager, member: 'CopyToMachine', signature: 'sss', body: ['box', source, destination] });
    await copyTo('/data/two');
    await expect(copyTo('/data/two')).rejects.toMatchObject({ errorName: 'org.freedesktop.DBus.Error.FileExists' });
    expect(await varlink('CopyTo', { name: 'box', source, destination: '/data/two' })).toEqual([
      { error: 'io.systemd.System', parameters: { origin: 'linux', errno: 17, errnoName: 'EEXIST' } },
    ]);
    expect(daemon.wholeLog).toMatch(/ notice done in a machine operation=copy-files machine=box uid=0 /);
    client.close();
  });

  it('ends a copy when whoever asked for it over Varlink leaves', async () => {
    const socket = createConnection(daemon.machineSocket);
    const parameters = { name: 'box', ...endless };
    socket.write(`${JSON.stringify({ method: 'io.systemd.Machine.CopyTo', parameters })}\0`);
    await until(isUnderWay);
    socket.destroy();
  });

  it('ends a copy when whoever asked for it over D-Bus leaves, and answers others meanwhile', async () => {
    const [client, other] = [await connectBus(bus.address), await connectBus(bus.address)];
    const body = ['box', endless.source, endless.destination];
    client.call({ ...manager, member: 'CopyToMachine', signature: 'sss', body }).catch(() => {});
    await until(isUnderWay);
    await other.call({ ...manager, member: 'GetMachine', signature: 's', body: ['box'] });
    expect(copying().length).toBe(1);
    client.close();
    await until(() => copying().length === 0);
    other.close();
  });

  it('ends a copy when its machine is no longer registered', async () => {
    const answer = varlink('CopyTo', { name: 'box', ...endless });
    await until(isUnderWay);
    await varlink('Unregister', { name: 'box' });
    expect(await answer).toMatchObject([{ error: 'io.systemd.System', parameters: { errnoName: 'ESRCH' } }]);
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 20) {
    if (waited > 30_000) throw new Error('this does not come to be');
    await sleep(20);
  }
}
