import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';
import { pause, Scene } from './scene.ts';

const reason = dbusDaemonUnavailable();

describe.skipIf(reason !== undefined)('Machine1Source, while machines come and go', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.up();
  });
  afterEach(() => scene.down());

  it('misses none that is added after the list was made', async () => {
    scene.machined.add('web', scene.leader());
    scene.machined.after = (member) => {
      if (member === 'ListMachines') scene.machined.add('late', scene.leader());
    };
    await scene.start();
    expect(scene.names()).toEqual(['late', 'web']);
  });

  it('has no ghost of one that goes after the list was made', async () => {
    for (const name of ['web', 'ghost']) scene.machined.add(name, scene.leader());
    scene.machined.after = (member) => {
      if (member === 'ListMachines') scene.machined.remove('ghost');
    };
    await scene.start();
    expect(scene.names()).toEqual(['web']);
    expect(scene.events).toEqual(['added web']);
  });

  it('has no ghost of one that goes in the same breath in which it is described', async () => {
    scene.machined.after = (member, path) => {
      if (member === 'GetAll' && path.endsWith('ghost') && scene.machined.machines.has('ghost'))
        scene.machined.remove('ghost');
    };
    await scene.start();
    scene.machined.add('ghost', scene.leader());
    scene.machined.add('web', scene.leader());
    await vi.waitFor(() => expect(scene.machined.machines.has('ghost')).toBe(false));
    await scene.until(['web']);
    await pause(50);
    expect(scene.names()).toEqual(['web']);
    // The answer and the signal are two messages: it may be there until the second has come, but no longer.
    const ghost = scene.events.filter((event) => event.endsWith('ghost'));
    expect([[], ['added ghost', 'removed ghost']]).toContainEqual(ghost);
  });

  it('does not take the next machine of a name for the last one', async () => {
    const [first, second] = [scene.leader(), scene.leader()];
    scene.machined.after = (member, path) => {
      if (member !== 'GetAll' || !path.endsWith('web')) return;
      scene.machined.after = () => {};
      scene.machined.remove('web');
      scene.machined.add('web', second);
    };
    await scene.start();
    scene.machined.add('web', first);
    await scene.until(['web']);
    await vi.waitFor(() => expect(scene.registry.byLeader(second)?.name).toBe('web'));
    expect(scene.registry.byLeader(first)).toBeUndefined();
  });

  it('describes one anew of which it hears again, and drops what was said before', async () => {
    const [first, second] = [scene.leader(), scene.leader()];
    scene.machined.add('web', first);
    await scene.start();
    let release = (): void => {};
    scene.machined.before = (member) =>
      member === 'GetAll'
        ? new Promise((resolve) => {
            release = resolve;
          })
        : undefined;
    scene.machined.remove('web');
    scene.machined.add('web', first);
    await vi.waitFor(() => expect(scene.machined.service.calls('GetAll').length).toBe(2));
    scene.machined.before = () => undefined;
    scene.machined.remove('web');
    scene.machined.add('web', second);
    await vi.waitFor(() => expect(scene.registry.byLeader(second)?.name).toBe('web'));
    release();
    await pause(30);
    expect(scene.registry.byLeader(second)?.name).toBe('web');
    expect(scene.events).toEqual(['added web', 'removed web', 'added web']);
  });
});
