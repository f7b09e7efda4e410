import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Lab, labUnavailable } from '../support/lab.ts';
import { callDBus, callVarlink } from '../support/lab-calls.ts';
import { keepBy, startLab, startLeader } from './privileges/keepers.ts';

const unavailable = await labUnavailable();
if (unavailable !== undefined) console.warn(`skipped, no unit is made: ${unavailable}`);

const eexist = { error: 'io.systemd.System', parameters: { origin: 'linux', errno: 17, errnoName: 'EEXIST' } };
const noSuchMachine = { error: 'io.systemd.Machine.NoSuchMachine' };
const user = 1000;
const unit = 'machine-my\\x2dweb.scope';

describe.skipIf(unavailable !== undefined)('a machine with a scope unit of its own', { timeout: 60_000 }, () => {
  let lab: Lab;
  /** A process of root that waits, with a child that waits. */
  let leader: number;
  const ask = (method: string, parameters: object, uid = 0) =>
    callVarlink(lab, uid, `io.systemd.Machine.${method}`, parameters);
  const create = (name: string, pid: number, uid = 0) =>
    ask('Register', { name, class: 'container', leader: pid, allocateUnit: true }, uid);
  const manager = (uid: number, method: string, ...parameters: string[]) =>
    callDBus(
      lab,
      uid,
      { path: '/org/freedesktop/machine1', method: `org.freedesktop.machine1.Manager.${method}` },
      ...parameters,
    );
  const show = async (unit: string, ...properties: string[]) =>
    (await lab.run('systemctl', 'show', '-p', properties.join(','), unit)).stdout.trim().split('\n').sort();
  const groupOf = async (pid: number) => (await lab.shell(`sed -n 's/^0:://p' /proc/${pid}/cgroup`)).trim();
  const runs = async (pid: number) => (await lab.run('test', '-e', `/proc/${pid}`)).status === 0;
  const gone = (name: string) =>
    vi.waitFor(async () => expect(await ask('List', { name })).toEqual(noSuchMachine), { timeout: 5000 });
  const childOf = async (pid: number) => Number(await lab.shell(`pgrep -P ${pid}`));

  beforeAll(async () => {
    lab = await startLab();
    await keepBy(lab, 'mymachines');
  }, 120_000);
  afterAll(() => lab?.down());

  beforeEach(async () => {
    await lab.shell(`for unit in 'machine-*.scope' lead victim; do systemctl stop "$unit" 2>/dev/null || true; done
      systemd-run -q -u lead --collect bash -c 'sleep infinity & wait; sleep infinity'
      until pgrep -P $(systemctl show -P MainPID lead) >/dev/null; do sleep .02; done`);
    leader = Number(await lab.shell('systemctl show -P MainPID lead'));
    await gone('my-web');
  });

  it('is in machine.slice, under its own name, with what was asked for besides', async () => {
    const properties = "@a(sv) [('MemoryMax', <uint64 100000000>), ('Description', <'as asked'>)]";
    expect(
      await manager(0, 'CreateMachine', 'my-web', '@ay []', 'test', 'container', `${leader}`, '', properties),
    ).toEqual({ text: "(objectpath '/org/freedesktop/machine1/machine/my_2dweb',)" });
    expect(await groupOf(leader)).toBe(`/machine.slice/${unit}`);
    expect(await show(unit, 'ActiveState', 'CollectMode', 'Delegate', 'Description', 'MemoryMax', 'Slice')).toEqual([
      'ActiveState=active',
      'CollectMode=inactive-or-failed',
      'Delegate=yes',
      'Description=as asked',
      'MemoryMax=100000000',
      'Slice=machine.slice',
    ]);
    expect(await ask('List', { name: 'my-web' })).toMatchObject({ parameters: { unit, leader: { pid: leader } } });
    expect(await ask('Terminate', { name: 'my-web' })).toEqual({});
    await gone('my-web');
    expect(await show(unit, 'ActiveState')).toEqual(['ActiveState=inactive']);
    expect(await runs(leader)).toBe(false);
  });

  it('is not made when systemd does not take a property, and its leader stays where it was', async () => {
    const properties = "@a(sv) [('Nonsense', <'x'>)]";
    expect(
      await manager(0, 'CreateMachine', 'my-web', '@ay []', 'test', 'container', `${leader}`, '', properties),
    ).toEqual({ error: 'org.freedesktop.DBus.Error.PropertyReadOnly' });
    expect(await ask('List', { name: 'my-web' })).toEqual(noSuchMachine);
    expect(await groupOf(leader)).toBe('/system.slice/lead.service');
  });

  it('is not made when there is a unit of that name', async () => {
    await lab.shell("systemd-run -q -u 'machine-my\\x2dweb.scope' --scope sleep 20 >/dev/null 2>&1 & sleep .5");
    expect(await create('my-web', leader)).toEqual(eexist);
    expect(await ask('List', { name: 'my-web' })).toEqual(noSuchMachine);
    expect(await groupOf(leader)).toBe('/system.slice/lead.service');
    expect(await show('machine-my\\x2dweb.scope', 'ActiveState')).toEqual(['ActiveState=active']);
  });

  it('goes when its unit is stopped, also after a restart', async () => {
    for (const restart of [false, true]) {
      const pid = await startLeader(lab, 'victim', 0);
      expect(await create('my-web', pid)).toEqual({});
      if (restart) await lab.shell('systemctl restart mymachines');
      await lab.shell('systemctl daemon-reload');
      expect(await ask('List', { name: 'my-web' })).toMatchObject({ parameters: { unit, leader: { pid } } });
      await lab.shell("systemctl stop 'machine-my\\x2dweb.scope'");
      await gone('my-web');
      expect(await runs(pid)).toBe(false);
    }
  });

  // As with systemd-machined 262, whose machine it is until the leader ends.
  it('stays while its leader lives on outside', async () => {
    expect(await create('my-web', leader)).toEqual({});
    await lab.shell(`echo ${leader} >/sys/fs/cgroup/cgroup.procs
      for n in $(seq 100); do systemctl is-active -q 'machine-my\\x2dweb.scope' || exit 0; sleep .05; done; exit 1`);
    expect(await ask('List', { name: 'my-web' })).toHaveProperty('parameters');
    expect(await ask('Terminate', { name: 'my-web' })).toEqual({});
    await gone('my-web');
    expect(await runs(leader)).toBe(false);
  });

  it('in the unit of mymachines itself is ended alone', async () => {
    const start =
      'sleep infinity >/dev/null 2>&1 & echo $!; echo $! >/sys/fs/cgroup/system.slice/mymachines.service/cgroup.procs';
    const pid = Number(await lab.shell(start));
    const before = await show('mymachines.service', 'ActiveState', 'MainPID');
    expect(await ask('Register', { name: 'my-web', class: 'container', leader: pid })).toEqual({});
    expect(await ask('Terminate', { name: 'my-web' })).toEqual({});
    await gone('my-web');
    expect(await runs(pid)).toBe(false);
    expect(await show('mymachines.service', 'ActiveState', 'MainPID')).toEqual(before);
  });

  it('leaves nothing behind when its leader ends', async () => {
    expect(await create('my-web', leader)).toEqual({});
    const child = await childOf(leader);
    await lab.shell(`echo ${child} >'/sys/fs/cgroup/machine.slice/machine-my\\x2dweb.scope/cgroup.procs'
      kill -9 ${leader}`);
    await gone('my-web');
    await vi.waitFor(async () => expect(await runs(child)).toBe(false), { timeout: 5000 });
  });

  it('is one, of several that are asked for at once under the same name or with the same leader', async () => {
    const spare = await startLeader(lab, 'victim', 0);
    const both = await Promise.all([create('my-web', leader), create('my-web', spare)]);
    expect(both.map(({ error }) => error).sort()).toEqual(['io.systemd.Machine.MachineExists', undefined]);
    const loser = both[0]?.error === undefined ? spare : leader;
    expect(await groupOf(loser)).toMatch(/^\/system\.slice\//);
    expect(await ask('Terminate', { name: 'my-web' })).toEqual({});
    await gone('my-web');
    const same = await Promise.all([create('one', loser), create('two', loser)]);
    expect(same.map(({ error }) => error).sort()).toEqual(['io.systemd.System', undefined]);
    await Promise.all(['one', 'two'].map((name) => ask('Terminate', { name })));
  });

  it('of a user is ended whole by the user; in a unit of others only what is the user’s', async () => {
    const hers = await startLeader(lab, 'hers', user);
    expect(await create('hers', hers, user)).toEqual({});
    expect(await ask('Terminate', { name: 'hers' }, user)).toEqual({});
    await gone('hers');
    expect(await runs(hers)).toBe(false);

    await lab.shell(`systemctl stop shared 2>/dev/null || true
      systemd-run -q -u shared --collect bash -c 'setpriv --reuid ${user} --clear-groups sleep infinity & sleep infinity & wait'
      until [ $(wc -l </sys/fs/cgroup/system.slice/shared.service/cgroup.procs) = 3 ]; do sleep .02; done`);
    const inShared = Number(await lab.shell(`pgrep -u ${user} -x sleep`));
    for (const method of ['Kill', 'Terminate']) {
      const pid = method === 'Kill' ? inShared : await startIn('shared.service');
      const registered = { name: 'hers', class: 'container', leader: pid };
      expect(await ask('Register', registered, user)).toEqual({});
      expect(await ask(method, { name: 'hers', ...(method === 'Kill' && { signal: 9 }) }, user)).toEqual({});
      await gone('hers');
      expect(await runs(pid)).toBe(false);
      expect(await show('shared.service', 'ActiveState')).toEqual(['ActiveState=active']);
    }
  });

  async function startIn(unit: string): Promise<number> {
    const start = `setpriv --reuid ${user} --clear-groups sleep infinity >/dev/null 2>&1 & echo $!`;
    return Number(await lab.shell(`echo $$ >/sys/fs/cgroup/system.slice/${unit}/cgroup.procs; ${start}`));
  }
});
