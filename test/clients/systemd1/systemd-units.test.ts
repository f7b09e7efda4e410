import { openSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemdUnits } from '../../../src/clients/systemd1/systemd-units.ts';
import type { Bus } from '../../../src/dbus/connection/bus.ts';
import { DBusError } from '../../../src/dbus/errors.ts';
import type { AnyVariant } from '../../../src/dbus/values.ts';
import { openPidfd } from '../../../src/linux/pidfd.ts';
import type { TransientService } from '../../../src/machine/transient-services.ts';
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

  describe('asked for a service', () => {
    const service: TransientService = {
      unit: 'mymachines-shell-1.service',
      description: 'a program',
      command: ['/bin/program', 'a b', '$HOME'],
      openDescriptors: () => ({ input: openSync('/dev/null', 'r') }),
      properties: [['KillMode', { signature: 's', value: 'mixed' }]],
    };

    it('has it started with its descriptors, and waits for its job', async () => {
      systemd.answers.set('StartTransientUnit', () => ended('done'));
      expect(await units.start(service)).toBe(true);
      expect(systemd.calls('StartTransientUnit')[0]?.body.slice(0, 2)).toEqual([service.unit, 'fail']);
      const properties = new Map(propertiesOf(0).map(([name, { signature, value }]) => [name, [signature, value]]));
      expect(properties.get('ExecStart')?.[1]).toEqual([['/bin/program', ['/bin/program', 'a b', '$$HOME'], false]]);
      expect(properties.get('StandardInputFileDescriptor')?.[0]).toBe('h');
      expect(properties.get('StandardOutput')?.[1]).toBe('null');
      expect(properties.get('KillMode')?.[1]).toBe('mixed');
    });

    it.each([['UnitExists'], ['LoadFailed']])('says so when systemd refuses: %s', async (name) => {
      const errorName = `org.freedesktop.systemd1.${name}`;
      systemd.answers.set('StartTransientUnit', () => {
        throw new DBusError(errorName, 'as systemd says');
      });
      await expect(units.start(service)).rejects.toMatchObject({ code: 'unit-failed', cause: { errorName } });
    });

    it('gives up on one that is not started in time, and has it killed, were it still to come', async () => {
      systemd.answers.set('StartTransientUnit', () => job);
      systemd.answers.set('StopUnit', () => job);
      await expect(units.start({ ...service, patience: 10 })).rejects.toMatchObject({ code: 'timed-out' });
      expect(systemd.calls('StopUnit').map(({ body }) => body)).toEqual([[service.unit, 'replace']]);
      expect(systemd.calls('KillUnit').map(({ body }) => body)).toEqual([[service.unit, 'all', 9]]);
    });

    it('opens nothing where there is nobody to ask', async () => {
      const elsewhere = new SystemdUnits({ onProblem: () => {}, booted: () => false });
      const openDescriptors = vi.fn();
      expect(await elsewhere.start({ ...service, openDescriptors })).toBe(false);
      expect(openDescriptors).not.toHaveBeenCalled();
      expect(await elsewhere.list('mymachines-shell-')).toEqual([]);
      expect(await elsewhere.kill(service.unit)).toBe(false);
    });
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
