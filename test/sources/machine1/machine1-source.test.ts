import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DBusError } from '../../../src/dbus/errors.ts';
import { Variant } from '../../../src/dbus/values.ts';
import { dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';
import { pause, Scene } from './scene.ts';
import { StandInMachined } from './stand-in-machined.ts';

const reason = dbusDaemonUnavailable();

describe.skipIf(reason !== undefined)('Machine1Source on a bus', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.up();
  });
  afterEach(() => scene.down());

  it('has all machines when it has started, and is live', async () => {
    for (const name of ['web', 'db', 'my-app.example']) scene.machined.add(name, scene.leader());
    await scene.start();
    expect(scene.names()).toEqual(['db', 'my-app.example', 'web']);
    expect(scene.source?.health).toEqual({ state: 'live' });
    expect(scene.source?.leaders.get('web' as never)?.pid).toBe(scene.leaders[0]?.pid);
    expect(scene.problems).toEqual([]);
  });

  it('follows machines that come and go, by the answers of who has the name and nobody else', async () => {
    await scene.start();
    scene.machined.add('web', scene.leader());
    await scene.until(['web']);
    scene.machined.add('db', scene.leader());
    scene.machined.remove('web');
    await scene.until(['db']);
    const other = await StandInMachined.start(scene.daemon.address).catch((error: Error) => error.message);
    expect(other).toBe('org.freedesktop.machine1 is taken');
  });

  it('tells more machines than are asked for at once', async () => {
    const pid = scene.leader();
    // All of one leader: the registry has the first, and each of the others is a problem of its own.
    for (let i = 0; i < 60; i++) scene.machined.add(`m${i}`, pid);
    let running = 0;
    let most = 0;
    scene.machined.before = (member) => {
      if (member !== 'GetAll') return undefined;
      most = Math.max(most, ++running);
      return pause(5).then(() => void running--);
    };
    await scene.start();
    expect(scene.names()).toHaveLength(1);
    expect(scene.problems).toHaveLength(59);
    expect(most).toBeGreaterThan(4);
    expect(most).toBeLessThanOrEqual(16);
  });

  describe('when systemd-machined says what makes no sense', () => {
    it('loses the machine that it is said of, says so once, and has the others', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'web']) scene.machined.add(name, scene.leader());
      scene.machined.instead.set('a', () => ({ signature: 's', body: ['nothing of the kind'] }));
      scene.machined.instead.set('b', () => ({ signature: 'a{sv}', body: [new Map()] }));
      scene.machined.instead.set('c', () => {
        throw new DBusError('org.example.Error', 'no');
      });
      scene.machined.machines.get('d')?.set('Name', new Variant('s', 'web'));
      await scene.start();
      expect(scene.names()).toEqual(['web']);
      expect(scene.source?.health).toEqual({ state: 'live' });
      const asked = scene.machined.service.calls('GetAll').length;
      for (const name of ['a', 'b', 'c', 'd']) scene.machined.tell('MachineNew', name);
      await vi.waitFor(() => expect(scene.machined.service.calls('GetAll')).toHaveLength(asked + 4));
      await pause(30);
      expect(scene.problems.sort()).toEqual([
        'machine c cannot be read',
        'systemd-machined tells of machine a: name cannot be undefined',
        'systemd-machined tells of machine b: name cannot be undefined',
        'systemd-machined tells of machine d: name cannot be "web"',
      ]);
    });

    it('takes what does make sense of a machine', async () => {
      const [pid, service] = [scene.leader(), new Variant('s', 'x'.repeat(2000))];
      scene.machined.add('web', pid, [
        ['Service', service],
        ['NetworkInterfaces', new Variant('s', 'eth0')],
      ]);
      await scene.start();
      expect(scene.registry.get('web')).toMatchObject({ leader: { pid }, interfaces: [] });
      expect(scene.problems).toEqual([
        'systemd-machined tells of machine web: service has more than 1024 bytes; interfaces cannot be an object',
      ]);
    });

    it('knows no machine whose name is none, however often it is told', async () => {
      scene.machined.machines.set('a/b', new Map());
      await scene.start();
      for (let i = 0; i < 3; i++) scene.machined.tell('MachineNew', '../../etc');
      scene.machined.add('web', scene.leader());
      await scene.until(['web']);
      expect(scene.problems).toEqual([
        '"a/b" cannot be the name of a machine',
        '"../../etc" cannot be the name of a machine',
      ]);
    });

    it('is not live with a list that is none', async () => {
      scene.machined.service.answers.set('ListMachines', () => ({ signature: 's', body: ['x'] }));
      await scene.start();
      expect(scene.source?.health).toEqual({ state: 'absent', reason: 'the list of machines is of another type' });
    });
  });

  it('changes nothing of systemd-machined’s', async () => {
    scene.machined.add('web', scene.leader());
    const { operations } = await scene.start();
    const machine = scene.registry.get('web') as never;
    for (const change of [operations.terminate(machine, {} as never), operations.register(machine, {} as never)]) {
      await expect(change).rejects.toMatchObject({
        code: 'not-supported',
        message: "machine web is systemd-machined's to change: ask it, as with machinectl",
      });
    }
  });

  it('tells nothing more when it is closed, and leaves the machines where they are', async () => {
    scene.machined.add('web', scene.leader());
    await scene.start();
    scene.source?.close();
    scene.machined.add('db', scene.leader());
    scene.machined.remove('web');
    await pause(50);
    expect(scene.names()).toEqual(['web']);
    expect(scene.states).toEqual(['live']);
  });
});
