import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { currentTimestamp } from '../../../src/linux/clock.ts';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { Process } from '../../../src/linux/process.ts';
import type { MachineName } from '../../../src/machine/machine-name.ts';
import { Registry, type RegistryEvent } from '../../../src/machine/registry.ts';
import { Mirror } from '../../../src/sources/machine1/mirror.ts';
import type { ToldMachine } from '../../../src/sources/machine1/told-machine.ts';
import { openDescriptors } from '../../linux/descriptors.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { startProcesses } from '../../support/container-starter.ts';
import { controlGroupsUnavailable, TestControlGroup } from '../../support/control-groups.ts';

const web = 'web' as MachineName;
const db = 'db' as MachineName;

describe('Mirror', () => {
  let loop: EventLoop;
  let registry: Registry;
  let mirror: Mirror;
  let events: string[];
  let ended: string[];
  let problems: string[];
  const children: ChildProcess[] = [];

  beforeEach(() => {
    loop = new EventLoop();
    registry = new Registry();
    events = [];
    ended = [];
    problems = [];
    registry.subscribe(({ kind, machine }: RegistryEvent) => events.push(`${kind} ${machine.name}`));
    mirror = new Mirror({
      loop,
      registry,
      uid: 0,
      onEnded: (name) => ended.push(name),
      onProblem: (_name, error) => problems.push(`${error.message}: ${(error.cause as Error | undefined)?.message}`),
    });
    mirror.vouch(true);
  });
  afterEach(() => {
    mirror.close();
    loop.close();
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  const start = (): ChildProcess => {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'sleep', '600'], { stdio: 'ignore' });
    children.push(child);
    return child;
  };
  const end = async (child: ChildProcess): Promise<void> => {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  const pidfdIdOf = (pid: number): number => {
    const process = Process.open(pid);
    process.close();
    return process.id as number;
  };
  const told = (name: MachineName, leader: ToldMachine['leader'], more: Partial<ToldMachine> = {}): ToldMachine => ({
    name,
    class: 'container',
    ...(leader && { leader }),
    interfaces: [],
    owner: 0,
    timestamp: currentTimestamp(),
    ...more,
  });

  it('has machines as told, with what the kernel says of their leaders', async () => {
    const maps = { uid: '0 500000 65536', gid: '0 600000 65536' };
    const [pid] = (await startProcesses([{ network: 'own', maps }])) as [number];
    const machine = told(web, { pid, pidfdId: pidfdIdOf(pid) }, { service: 'lxc', unit: 'web.scope', interfaces: [4] });
    mirror.put(machine);
    expect(registry.get('web')).toEqual({
      ...machine,
      facts: {
        uidMap: [{ inside: 0, outside: 500000, count: 65536 }],
        gidMap: [{ inside: 0, outside: 600000, count: 65536 }],
        sharesHostUsers: false,
        sharesHostNetwork: false,
        addresses: expect.any(Array),
      },
    });
    expect(registry.userOwner(500033)).toMatchObject({ machine: { name: 'web' }, insideId: 33 });
    expect(mirror.names).toEqual(new Set(['web']));
    expect(mirror.leaders.get(web)?.pid).toBe(pid);
    process.kill(pid, 'SIGKILL');
  });

  it('is told the same again without a change', () => {
    const { pid } = start() as { pid: number };
    const machine = told(web, { pid }, { service: 'lxc' });
    mirror.put(machine);
    mirror.put({ ...machine });
    mirror.put({ ...machine, leader: { pid, pidfdId: pidfdIdOf(pid) } });
    expect(events).toEqual(['added web']);
    mirror.put({ ...machine, service: 'libvirt' });
    expect(events).toEqual(['added web', 'changed web']);
    expect(registry.get('web')).toMatchObject({ service: 'libvirt', leader: { pid, pidfdId: pidfdIdOf(pid) } });
  });

  it('keeps the control group below the unit that a restarted systemd-machined has forgotten', () => {
    const { pid } = start() as { pid: number };
    const machine = told(web, { pid }, { unit: 'user@1000.service', subgroup: 'web' });
    const { subgroup: _subgroup, ...forgotten } = machine;
    mirror.put(machine);
    mirror.put(forgotten);
    expect(registry.get('web')).toMatchObject({ unit: 'user@1000.service', subgroup: 'web' });
    expect(events).toEqual(['added web']);
  });

  it('takes another registration of the same name for another machine', () => {
    const [one, two] = [start(), start()] as [{ pid: number }, { pid: number }];
    const timestamp = currentTimestamp();
    mirror.put(told(web, { pid: one.pid }, { timestamp }));
    mirror.put(told(web, { pid: two.pid }, { timestamp }));
    expect(events).toEqual(['added web', 'removed web', 'added web']);
    expect(registry.byLeader(two.pid)?.name).toBe('web');
    expect(registry.byLeader(one.pid)).toBeUndefined();
    mirror.put(told(web, { pid: two.pid }, { timestamp: { ...timestamp, realtime: timestamp.realtime + 1 } }));
    expect(events.slice(3)).toEqual(['removed web', 'added web']);
  });

  it('drops machines, and all that are not named, but never the host', async () => {
    registry.add({ ...sampleMachine('.host'), class: 'host' });
    const before = openDescriptors();
    for (const name of [web, db]) mirror.put(told(name, { pid: start().pid as number }));
    mirror.drop(web);
    mirror.drop(web);
    mirror.keepOnly(new Set());
    expect([...registry].map((machine) => machine.name)).toEqual(['.host']);
    expect(mirror.names).toEqual(new Set());
    expect(events.slice(-2)).toEqual(['removed web', 'removed db']);
    expect(openDescriptors()).toEqual(before);
  });

  describe('when a leader ends', () => {
    it('keeps the machine as long as it is vouched for, and says that it is to be asked about', async () => {
      const child = start();
      mirror.put(told(web, { pid: child.pid as number }));
      await end(child);
      await vi.waitFor(() => expect(ended).toEqual(['web']));
      expect(registry.get('web')).toBeDefined();
      mirror.vouch(false);
      expect(registry.get('web')).toBeUndefined();
    });

    it('has the machine gone at once when nobody vouches for it', async () => {
      const [child, other] = [start(), start()];
      mirror.put(told(web, { pid: child.pid as number }));
      mirror.put(told(db, { pid: other.pid as number }));
      mirror.vouch(false);
      expect(events).toEqual(['added web', 'added db']);
      await end(child);
      await vi.waitFor(() => expect(events).toEqual(['added web', 'added db', 'removed web']));
      expect(ended).toEqual([]);
      expect(mirror.names).toEqual(new Set(['db']));
    });

    it('is told that the machine has no leader any more, and keeps it', async () => {
      const child = start();
      const { leader, ...leaderless } = told(web, { pid: child.pid as number });
      mirror.put({ ...leaderless, leader: leader as { pid: number } });
      await end(child);
      mirror.put(leaderless);
      expect(registry.get('web')?.leader.pid).toBe(child.pid);
      expect(events).toEqual(['added web']);
    });
  });

  describe('a leader', () => {
    const nothing = { uidMap: [], gidMap: [], sharesHostUsers: false, sharesHostNetwork: false, addresses: [] };

    it('that has ended before leaves nothing to be known, and the machine there', async () => {
      const child = start();
      const leader = { pid: child.pid as number, pidfdId: pidfdIdOf(child.pid as number) };
      await end(child);
      mirror.put(told(web, leader));
      expect(registry.get('web')).toMatchObject({ leader, facts: nothing });
      mirror.vouch(false);
      expect(registry.get('web')).toBeUndefined();
    });

    it('whose number is another process’s by its pidfd id is not that process', () => {
      const { pid } = start() as { pid: number };
      mirror.put(told(web, { pid, pidfdId: pidfdIdOf(pid) + 1 }));
      expect(registry.get('web')?.facts).toEqual(nothing);
      expect(mirror.leaders.get(web)).toBeUndefined();
    });

    it('whose number is that of a younger process is not that process', async () => {
      const moment = currentTimestamp();
      await new Promise((resolve) => setTimeout(resolve, 60));
      const { pid } = start() as { pid: number };
      mirror.put(told(web, { pid }, { timestamp: moment }));
      expect(registry.get('web')?.facts).toEqual(nothing);
      mirror.put(told(db, { pid: start().pid as number }));
      expect(mirror.leaders.get(db)).toBeDefined();
    });

    it('that nobody tells makes no machine, which is a problem of that machine only', () => {
      mirror.put(told(web, undefined));
      mirror.put(told(db, { pid: start().pid as number }));
      expect(problems).toEqual(['machine web cannot be mirrored: its leader is not told']);
      expect(mirror.names).toEqual(new Set(['db']));
    });

    it('of another machine makes none either', () => {
      const { pid } = start() as { pid: number };
      mirror.put(told(web, { pid }));
      const before = openDescriptors();
      mirror.put(told(db, { pid }));
      expect(problems).toEqual([`machine db cannot be mirrored: process ${pid} is the leader of machine web already`]);
      expect(mirror.names).toEqual(new Set(['web']));
      expect(openDescriptors()).toEqual(before);
      mirror.drop(web);
      mirror.put(told(db, { pid }));
      expect(registry.byLeader(pid)?.name).toBe('db');
    });
  });

  it('has the machine whose leader lives where one that has ended had the same number', () => {
    const { pid } = start() as { pid: number };
    const pidfdId = pidfdIdOf(pid);
    mirror.put(told(web, { pid, pidfdId: pidfdId - 1 }));
    expect(mirror.names).toEqual(new Set(['web']));
    mirror.put(told(db, { pid, pidfdId }));
    expect(problems).toEqual([]);
    expect(registry.byLeader(pid)?.name).toBe('db');
    expect(mirror.names).toEqual(new Set(['db']));
  });

  it('has both of two machines that seem to have one unit to themselves', () => {
    for (const name of [web, db]) mirror.put(told(name, { pid: start().pid as number }, { unit: 'shared.service' }));
    expect(problems).toEqual([]);
    expect(mirror.names).toEqual(new Set(['web', 'db']));
    expect(registry.byUnit('shared.service')?.name).toBe('web');
    expect(registry.get('db')).not.toHaveProperty('unit');
    for (const name of [web, db]) mirror.put({ ...(registry.get(name) as ToldMachine), unit: 'shared.service' });
    expect(registry.get('db')).not.toHaveProperty('unit');
  });

  const noGroups = controlGroupsUnavailable();
  it.skipIf(noGroups !== undefined)(
    'finds in which part of the unit each of them is, which 252 does not tell',
    async () => {
      const group = 'mymachines-mirror.service';
      const unit = new TestControlGroup(group);
      const parts = ['one', 'two'].map((part) => new TestControlGroup(group, part));
      const [one, two] = [start(), start()] as [{ pid: number }, { pid: number }];
      try {
        parts[0]?.add(one.pid);
        parts[1]?.add(two.pid);
        for (const [name, { pid }] of [
          [web, one],
          [db, two],
        ] as const) {
          mirror.put(told(name, { pid }, { unit: group }));
        }
        expect(registry.get('db')).toMatchObject({ unit: group, subgroup: 'two' });
        expect(problems).toEqual([]);
      } finally {
        for (const child of children.splice(0)) await end(child);
        // The kernel needs a moment to let go of the last process.
        for (const made of [...parts, unit]) await vi.waitFor(() => made.remove());
      }
    },
  );

  it('knows nothing of a VM by the network of the process that runs it', () => {
    mirror.put(told(web, { pid: start().pid as number }, { class: 'vm', interfaces: [3] }));
    const facts = { sharesHostUsers: true, sharesHostNetwork: false, addresses: [] };
    expect(registry.get('web')).toMatchObject({ class: 'vm', interfaces: [3], facts });
  });
});
