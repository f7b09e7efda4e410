import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemdUnits } from '../../../src/clients/systemd1/systemd-units.ts';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { DBusError } from '../../../src/dbus/errors.ts';
import type { AnyVariant } from '../../../src/dbus/values.ts';
import { openPidfd } from '../../../src/linux/pidfd.ts';
import type { ScopeRequest } from '../../../src/machine/unit-manager.ts';
import { connectBus } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';
import { StandIn } from '../stand-in.ts';

const unavailable = dbusDaemonUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const unit = 'machine-web.scope';
const request: ScopeRequest = {
  unit,
  description: 'Container web',
  leader: { pid: process.pid, newPidfd: () => openPidfd(process.pid) },
  properties: [['MemoryMax', { signature: 't', value: 1000n }]],
};
const job = { signature: 'o', body: ['/job/7'] };

// The real systemd is asked in test/daemon/scope-units.test.ts.
describe.skipIf(unavailable !== undefined)('the client of systemd', () => {
  let daemon: DBusDaemon;
  let bus: Bus;
  let systemd: StandIn;
  let problems: Error[];
  let units: SystemdUnits;
  const tell = (member: string, signature: string, body: readonly unknown[]) =>
    systemd.bus.emit('/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager', member, signature, body);
  const ended = (result: string) => {
    tell('JobRemoved', 'uoss', [7, '/job/7', unit, result]);
    return job;
  };
  const propertiesOf = (index: number) =>
    systemd.calls('StartTransientUnit')[index]?.body[2] as readonly [string, AnyVariant][];

  beforeEach(async () => {
    daemon = await DBusDaemon.start();
    bus = await connectBus(daemon.address);
    systemd = await StandIn.start(daemon.address, 'org.freedesktop.systemd1');
    problems = [];
    units = new SystemdUnits({ onProblem: (error) => problems.push(error), booted: () => true, patience: 300 });
    await units.attach(bus);
  });
  afterEach(async () => {
    bus.close();
    systemd.bus.close();
    await daemon.stop();
  });

  it('makes a scope, and waits for its job', async () => {
    systemd.answers.set('StartTransientUnit', () => ended('done'));
    expect(await units.startScope(request)).toBe(true);
    expect(systemd.calls('StartTransientUnit')[0]?.body.slice(0, 2)).toEqual([unit, 'fail']);
    expect(propertiesOf(0).map(([name]) => name)).toEqual([
      ...['Slice', 'Description', 'PIDFDs', 'Delegate', 'CollectMode', 'TasksMax'],
      'MemoryMax',
    ]);
  });

  it('names the leader by its number to a systemd that does not know pidfds', async () => {
    systemd.answers.set('StartTransientUnit', ({ body }) => {
      const known = (body[2] as [string][]).every(([name]) => name !== 'PIDFDs');
      if (known) return ended('done');
      throw new DBusError('org.freedesktop.DBus.Error.PropertyReadOnly', 'unknown property');
    });
    expect(await units.startScope(request)).toBe(true);
    expect(new Map(propertiesOf(1)).get('PIDs')?.value).toEqual([process.pid]);
    expect(new Map(propertiesOf(1)).get('MemoryMax')?.value).toBe(1000n);
  });

  it.each([
    ['failed', 'unit-failed'],
    ['canceled', 'unit-failed'],
  ])('fails when the job has %s', async (result, code) => {
    systemd.answers.set('StartTransientUnit', () => ended(result));
    await expect(units.startScope(request)).rejects.toMatchObject({ code });
  });

  it.each([
    ['org.freedesktop.systemd1.UnitExists', { code: 'machine-exists', parameter: 'unit' }],
    ['org.freedesktop.DBus.Error.AccessDenied', { code: 'unit-failed' }],
  ])('keeps the error %s', async (errorName, expected) => {
    systemd.answers.set('StartTransientUnit', () => {
      throw new DBusError(errorName, 'as systemd says');
    });
    const failing = units.startScope(request);
    await expect(failing).rejects.toMatchObject({ ...expected, cause: { errorName, message: 'as systemd says' } });
  });

  it('gives up on a job that does not end, and has the unit stopped', async () => {
    systemd.answers.set('StartTransientUnit', () => job);
    systemd.answers.set('StopUnit', () => job);
    await expect(units.startScope(request)).rejects.toMatchObject({ code: 'timed-out' });
    expect(systemd.calls('StopUnit').map(({ body }) => body)).toEqual([[unit, 'fail']]);
  });

  it('does not wait on a bus that is gone, and has no units then', async () => {
    systemd.answers.set('StartTransientUnit', () => {
      setTimeout(() => void daemon.kill(), 20);
      return job;
    });
    await expect(units.startScope(request)).rejects.toMatchObject({ code: 'timed-out' });
    await vi.waitFor(async () => expect(await units.startScope(request)).toBe(false));
    expect(await units.stop(unit)).toBe(false);
  });

  it('has no units where nobody is systemd', async () => {
    systemd.bus.close();
    await vi.waitFor(async () => expect(await bus.ownerOf('org.freedesktop.systemd1')).toBeUndefined());
    expect(await units.startScope(request)).toBe(false);
    const elsewhere = new SystemdUnits({ onProblem: (error) => problems.push(error), booted: () => false });
    await elsewhere.attach(bus);
    expect(await elsewhere.startScope(request)).toBe(false);
    expect(problems).toEqual([]);
  });

  it('does not listen to others who say that a job has ended', async () => {
    const stranger = await connectBus(daemon.address);
    systemd.answers.set('StartTransientUnit', () => {
      const [path, name] = ['/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'];
      stranger.emit(path, name, 'JobRemoved', 'uoss', [7, '/job/7', unit, 'done']);
      return job;
    });
    systemd.answers.set('StopUnit', () => job);
    await expect(units.startScope(request)).rejects.toMatchObject({ code: 'timed-out' });
    stranger.close();
  });
});
