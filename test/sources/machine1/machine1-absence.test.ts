import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';
import { pause, Scene } from './scene.ts';
import { StandInMachined } from './stand-in-machined.ts';

const reason = dbusDaemonUnavailable();

describe.skipIf(reason !== undefined)('Machine1Source', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.up();
  });
  afterEach(() => scene.down());

  describe('when systemd-machined is restarted', () => {
    it('keeps what was there, says that it is stale, and has what is there when it is back', async () => {
      const [kept, gone, ended] = [scene.leader(), scene.leader(), scene.leader()];
      scene.machined.add('kept', kept);
      scene.machined.add('gone', gone);
      scene.machined.add('ended', ended);
      await scene.start();
      const before = scene.machined.machines;
      scene.machined.leave();
      await vi.waitFor(() => expect(scene.source?.health.state).toBe('stale'));
      expect(scene.source?.health).toEqual({
        state: 'stale',
        since: { realtime: expect.any(Number), monotonic: expect.any(Number) },
        reason: 'nobody has the name org.freedesktop.machine1 on the bus: systemd-machined is not running',
      });
      expect(scene.names()).toEqual(['ended', 'gone', 'kept']);
      await scene.end(ended);
      await scene.until(['gone', 'kept']);

      const next = await StandInMachined.start(scene.daemon.address);
      scene.machined = next;
      // It has read its files before it answers.
      next.machines.set('kept', before.get('kept') as never);
      next.add('new', scene.leader());
      await scene.until(['kept', 'new']);
      await vi.waitFor(() => expect(scene.source?.health).toEqual({ state: 'live' }));
      expect(scene.events.filter((event) => event.endsWith('kept'))).toEqual(['added kept']);
      expect(scene.states).toEqual(['live', 'stale', 'live']);
      expect(scene.problems).toEqual([]);
    });

    it('is not there yet without it, and never calls for it', async () => {
      scene.machined.leave();
      await scene.start();
      expect(scene.source?.health).toEqual({
        state: 'absent',
        reason: 'nobody has the name org.freedesktop.machine1 on the bus: systemd-machined is not running',
      });
      await scene.service();
      scene.machined.add('web', scene.leader());
      await scene.until(['web']);
      expect(scene.states).toEqual(['absent', 'live']);
      // What is called goes to the one connection, not to the name.
      expect(scene.machined.service.asked.length).toBeGreaterThan(1);
    });

    it('gives up what the one before was asked', async () => {
      scene.machined.add('web', scene.leader());
      scene.machined.before = () => new Promise(() => {});
      const starting = scene.start();
      await vi.waitFor(() => expect(scene.machined.service.asked.length).toBe(1));
      scene.machined.leave();
      await scene.service();
      scene.machined.add('db', scene.leader());
      await starting;
      await scene.until(['db']);
    });
  });

  describe('when systemd-machined does not answer', () => {
    it('is stale until it does, and then has all', async () => {
      const [kept, ended] = [scene.leader(), scene.leader()];
      scene.machined.add('kept', kept);
      scene.machined.add('ended', ended);
      await scene.start({ patience: 100 });
      scene.machined.before = () => new Promise(() => {});
      scene.machined.add('new', scene.leader());
      await vi.waitFor(() => expect(scene.source?.health.state).toBe('stale'));
      expect(scene.source?.health).toMatchObject({
        reason: expect.stringMatching(/^GetAll of :1\.\d+ was not answered/),
      });
      expect(scene.names()).toEqual(['ended', 'kept']);
      await scene.end(ended);
      await scene.until(['kept']);
      scene.machined.machines.delete('ended');
      scene.machined.before = () => undefined;
      await scene.until(['kept', 'new']);
      expect(scene.source?.health).toEqual({ state: 'live' });
    });

    it('is stale as long as there is something that it has not told, whatever else it tells', async () => {
      await scene.start({ patience: 300 });
      scene.machined.before = (_member, path) => (path.endsWith('/other') ? undefined : new Promise(() => {}));
      scene.machined.add('silent', scene.leader());
      await vi.waitFor(() => expect(scene.source?.health.state).toBe('stale'));
      scene.machined.add('other', scene.leader());
      await scene.until(['other']);
      expect(scene.source?.health.state).toBe('stale');
      scene.machined.before = () => undefined;
      await scene.until(['other', 'silent']);
      await vi.waitFor(() => expect(scene.source?.health.state).toBe('live'));
      expect(scene.states).toEqual(['live', 'stale', 'live']);
    });

    it('asks about a machine whose leader has ended, without being told to', async () => {
      const pid = scene.leader();
      scene.machined.add('web', pid);
      await scene.start();
      await scene.end(pid);
      await vi.waitFor(() => expect(scene.machined.service.calls('GetAll')).toHaveLength(2));
      await pause(20);
      expect(scene.names()).toEqual(['web']);
      // systemd-machined has lost it, and sent no signal.
      scene.machined.machines.delete('web');
      const other = scene.leader();
      scene.machined.add('db', other);
      await scene.until(['db', 'web']);
      scene.machined.machines.delete('db');
      await scene.end(other);
      await scene.until(['web']);
    });
  });
});
