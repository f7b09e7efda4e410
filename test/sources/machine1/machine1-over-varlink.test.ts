import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseBusAddress } from '../../../src/dbus/connection/address.ts';
import { connectSocket } from '../../support/bus.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../../support/dbus-daemon.ts';
import { OverVarlink } from './over-varlink.ts';
import { pause, Scene } from './scene.ts';

const reason = dbusDaemonUnavailable();

describe.skipIf(reason !== undefined)('Machine1Source without a bus', () => {
  let scene: Scene;
  let machined: OverVarlink;
  beforeEach(async () => {
    scene = await Scene.up();
    machined = new OverVarlink(scene);
  });
  afterEach(async () => {
    machined.stop();
    await scene.down();
  });
  const start = () => scene.start({ patience: 200 }, false);
  const live = () => vi.waitFor(() => expect(scene.source?.health).toEqual({ state: 'live' }), { timeout: 3000 });

  it('has all machines when it has started, with the interfaces that their state files tell', async () => {
    await machined.start();
    const [web, db] = [scene.leader(), scene.leader()];
    machined.add('web', web, ' 3 4');
    machined.add('db', db);
    await start();
    expect(scene.names()).toEqual(['db', 'web']);
    expect(scene.registry.get('web')).toMatchObject({ leader: { pid: web }, interfaces: [3, 4], owner: 7 });
    expect(scene.registry.get('db')).toMatchObject({ leader: { pid: db }, interfaces: [] });
    expect(scene.source?.health).toEqual({ state: 'live' });
    expect(scene.problems).toEqual([]);
  });

  it('asks again when the state files change, and only then', async () => {
    await machined.start();
    machined.add('web', scene.leader());
    await start();
    machined.add('db', scene.leader());
    await scene.until(['db', 'web']);
    machined.remove('web');
    await scene.until(['db']);
    await pause(100);
    const { asked } = machined;
    await pause(300);
    expect(machined.asked).toBe(asked);
    expect(machined.connections).toBe(1);
  });

  it('does not ask while there are no machines, which might start systemd-machined, nor stays connected', async () => {
    await machined.start();
    await start();
    expect(scene.source?.health).toEqual({ state: 'live' });
    expect(machined.asked).toBe(0);
    machined.add('web', scene.leader());
    await scene.until(['web']);
    machined.remove('web');
    await scene.until([]);
    await vi.waitFor(() => expect(machined.connections).toBe(0));
    expect(scene.source?.health).toEqual({ state: 'live' });
  });

  it('is stale when systemd-machined ends, and has what is there when that has started again', async () => {
    await machined.start();
    const [kept, gone, ended] = [scene.leader(), scene.leader(), scene.leader()];
    machined.add('kept', kept);
    machined.add('gone', gone);
    machined.add('ended', ended);
    await start();
    machined.stop();
    await vi.waitFor(() => expect(scene.source?.health).toMatchObject({ state: 'stale' }));
    await scene.end(ended);
    await scene.until(['gone', 'kept']);
    for (const name of ['gone', 'ended']) machined.machines.delete(name);
    await machined.start();
    // It writes the files of its machines again, and they are the same.
    for (const name of ['gone', 'ended']) rmSync(join(scene.stateFiles, name));
    machined.write('kept');
    await scene.until(['kept']);
    await live();
    expect(scene.events.filter((event) => event.endsWith('kept'))).toEqual(['added kept']);
  });

  it('is live again when systemd-machined has written the same files as before', async () => {
    await machined.start();
    machined.add('web', scene.leader());
    await start();
    machined.stop();
    await vi.waitFor(() => expect(scene.source?.health).toMatchObject({ state: 'stale' }));
    await machined.start();
    await pause(100);
    expect(scene.source?.health).toMatchObject({ state: 'stale' });
    machined.write('web');
    await live();
    expect(scene.events).toEqual(['added web']);
  });

  it('says that there is no systemd-machined where there is none', async () => {
    await start();
    expect(scene.source?.health).toEqual({ state: 'absent', reason: `there is no ${scene.socket}` });
    machined.add('web', scene.leader());
    await vi.waitFor(() =>
      expect(scene.source?.health).toEqual({ state: 'absent', reason: expect.stringContaining('cannot connect to') }),
    );
    expect(scene.names()).toEqual([]);
  });

  it('is stale when systemd-machined does not answer, until it does', async () => {
    await machined.start();
    machined.add('web', scene.leader());
    await start();
    machined.silent = true;
    machined.add('db', scene.leader());
    await vi.waitFor(() => expect(scene.source?.health).toMatchObject({ reason: 'no reply within 200 ms' }));
    machined.silent = false;
    await scene.until(['db', 'web']);
    await live();
  });

  it('loses no more than the machine of which it is told what makes no sense', async () => {
    await machined.start();
    machined.add('web', scene.leader());
    machined.add('a', scene.leader());
    machined.machines.set('a', { name: 'a', class: 5, leader: 'x' });
    machined.machines.set('b', { name: '../b' });
    await start();
    expect(scene.names()).toEqual(['web']);
    expect(scene.problems).toEqual(['systemd-machined tells of machine a: class cannot be 5']);
  });

  it('stays where it is while a bus does not let it listen', async () => {
    await machined.start();
    machined.add('web', scene.leader());
    const refusing = await DBusDaemon.start('<deny send_interface="org.freedesktop.DBus" send_member="AddMatch"/>');
    try {
      const bus = { addresses: parseBusAddress(refusing.address), connect: connectSocket };
      await scene.start({ bus });
      expect(scene.names()).toEqual(['web']);
      // It is tried again and again, and refused.
      await pause(500);
      machined.add('db', scene.leader());
      await scene.until(['db', 'web']);
      expect(scene.source?.health).toEqual({ state: 'live' });
      expect(scene.problems).toEqual([expect.stringContaining('AddMatch')]);
    } finally {
      await refusing.stop();
    }
  });

  it('goes over to the bus as soon as there is one, and back when it is lost', async () => {
    await machined.start();
    scene.machined.leave();
    await scene.daemon.kill();
    const leader = scene.leader();
    machined.add('web', leader);
    await scene.start();
    await scene.until(['web']);
    expect(scene.problems).toEqual([expect.stringMatching(/^no bus at /)]);
    await scene.daemon.start();
    await scene.service();
    await vi.waitFor(() => expect(scene.names()).toEqual([]));
    expect(machined.connections).toBe(0);
    scene.machined.add('other', scene.leader());
    await scene.until(['other']);
    await scene.daemon.kill();
    await scene.until(['web']);
    expect(readdirSync(scene.stateFiles)).toEqual(['web']);
  });
});
