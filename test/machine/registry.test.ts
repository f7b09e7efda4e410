import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isId, parseIdMap, toMachine } from '../../src/machine/id-map.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { hostMachineName, type MachineName, parseMachineName } from '../../src/machine/machine-name.ts';
import { Registry, type RegistryEvent } from '../../src/machine/registry.ts';
import { clashingNames, clashingShortName } from './clashing-names.ts';
import { hostUsers, sampleMachine } from './sample-machine.ts';

const name = parseMachineName;
const host = (): Machine =>
  sampleMachine('.host', { class: 'host', leader: { pid: 1 }, unit: '-.slice', ...hostUsers });
const withUsers = (machine: Machine, uidMap: string): Machine => ({
  ...machine,
  facts: { ...machine.facts, uidMap: parseIdMap(uidMap) },
});

describe('the registry', () => {
  it('finds a machine by its exact name, its leader and its unit', () => {
    const registry = new Registry();
    const web = sampleMachine('web', { unit: 'machine-web.scope' });
    registry.add(web);
    expect(registry.get('web')).toBe(web);
    expect(registry.byLeader(web.leader.pid)).toBe(web);
    expect(registry.byUnit('machine-web.scope')).toBe(web);
    expect([registry.get('Web'), registry.byLeader(1), registry.byUnit('machine-web')]).toEqual(
      Array(3).fill(undefined),
    );
    expect(['__proto__', 'constructor', ''].map((odd) => registry.get(odd))).toEqual(Array(3).fill(undefined));
    registry.remove(web.name);
    expect([registry.get('web'), registry.byLeader(web.leader.pid), registry.byUnit('machine-web.scope')]).toEqual(
      Array(3).fill(undefined),
    );
  });

  it('lists in order of registration, the host too', () => {
    const registry = new Registry();
    for (const machine of [host(), sampleMachine('b'), sampleMachine('a'), sampleMachine('c')]) registry.add(machine);
    registry.remove(name('b'));
    registry.update(name('a'), (machine) => ({ ...machine, unit: 'a.scope' }));
    registry.add(sampleMachine('b'));
    expect([...registry].map((machine) => machine.name)).toEqual(['.host', 'a', 'c', 'b']);
    expect(registry.size).toBe(4);
  });

  it('finds a container by the short name that it may need, and nobody while two have the same', () => {
    const registry = new Registry();
    const [one, two] = clashingNames.map((text) => sampleMachine(text)) as [Machine, Machine];
    const long = sampleMachine('a'.repeat(64));
    for (const machine of [two, long, sampleMachine('c1')]) registry.add(machine);
    // By coreutils, as in short-name.test.ts.
    expect([registry.byShortName('aaaaaa_77qfj7t24d'), registry.shortNameOf(long)]).toEqual([
      long,
      'aaaaaa_77qfj7t24d',
    ]);
    expect([registry.byShortName('c1_2d3ddsq53o'), registry.byShortName('c1')]).toEqual([undefined, undefined]);
    expect([registry.byShortName(clashingShortName), registry.shortNameOf(two)]).toEqual([two, clashingShortName]);
    expect(registry.shortNameOf(one)).toBeUndefined();

    registry.add(one);
    const changed = registry.update(two.name, (machine) => ({ ...machine, interfaces: [7] }));
    expect([registry.byShortName(clashingShortName), registry.shortNameOf(one), registry.shortNameOf(two)]).toEqual(
      Array(3).fill(undefined),
    );
    expect([...registry.shortNameConflicts()]).toEqual([{ shortName: clashingShortName, machines: [changed, one] }]);
    // Only containers have users.
    registry.update(one.name, (machine) => ({ ...machine, class: 'vm' }));
    expect([registry.byShortName(clashingShortName), registry.shortNameOf(one)]).toEqual([changed, undefined]);
    registry.update(one.name, (machine) => ({ ...machine, class: 'container' }));
    expect(registry.byShortName(clashingShortName)).toBeUndefined();
    registry.remove(two.name);
    expect([registry.byShortName(clashingShortName)?.name, [...registry.shortNameConflicts()]]).toEqual([one.name, []]);
  });

  it('has the host by name only, and keeps it', () => {
    const registry = new Registry();
    registry.add(host());
    expect(registry.get('.host')?.class).toBe('host');
    expect(registry.byLeader(1)).toBeUndefined();
    expect(registry.byUnit('-.slice')).toBeUndefined();
    expect(() => registry.remove(hostMachineName)).toThrow(expect.objectContaining({ code: 'not-supported' }));
    expect(registry.size).toBe(1);
  });

  it.each([
    ['name', { name: 'web' }, undefined],
    ['leader', { leader: { pid: 77, pidfdId: 5 } }, 'leader'],
    ['unit', { unit: 'web.scope' }, 'unit'],
  ])('refuses a second machine of the same %s, and nothing changes', (_what, same, parameter) => {
    const registry = new Registry();
    const web = sampleMachine('web', { leader: { pid: 77, pidfdId: 4 }, unit: 'web.scope', uidMap: '0 100000 10' });
    registry.add(web);
    const events: RegistryEvent[] = [];
    registry.subscribe((event) => events.push(event));
    const other = { ...sampleMachine('other', { uidMap: '0 100000 5' }), ...same } as Machine;
    const refusal = (() => {
      try {
        return registry.add(other);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toMatchObject({ code: 'machine-exists', ...(parameter !== undefined && { parameter }) });
    expect([...registry]).toEqual([web]);
    expect(registry.byLeader(77)).toBe(web);
    expect(registry.byUnit('web.scope')).toBe(web);
    expect(registry.userOwner(100001)?.machine).toBe(web);
    expect(events).toEqual([]);
  });

  it('lets machines share a unit in control groups below it, one at most in the unit itself', () => {
    // systemd 262: `s1` and `s2` in payload/sub and other below three.scope, `s3` in it.
    const registry = new Registry();
    for (const subgroup of ['payload/sub', 'other']) {
      registry.add(sampleMachine(subgroup === 'other' ? 's2' : 's1', { unit: 'three.scope', subgroup }));
    }
    expect(registry.byUnit('three.scope')).toBeUndefined();
    registry.add(sampleMachine('s3', { unit: 'three.scope' }));
    expect(registry.byUnit('three.scope')?.name).toBe('s3');
    registry.remove(name('s1'));
    expect(registry.byUnit('three.scope')?.name).toBe('s3');
    expect(() => registry.add(sampleMachine('s4', { unit: 'three.scope' }))).toThrow('machine s3 already');
  });

  it('tells what was added, changed and removed, after it happened', () => {
    const registry = new Registry();
    const events: [RegistryEvent, Machine | undefined][] = [];
    registry.subscribe((event) => events.push([event, registry.get('web')]));
    const web = sampleMachine('web');
    registry.add(web);
    const changed = registry.update(web.name, (machine) => ({ ...machine, unit: 'web.scope' }));
    expect(registry.update(web.name, (machine) => machine)).toBe(changed);
    expect(registry.remove(web.name)).toBe(changed);
    expect(events).toEqual([
      [{ kind: 'added', machine: web }, web],
      [{ kind: 'changed', machine: changed, before: web }, changed],
      [{ kind: 'removed', machine: changed }, undefined],
    ]);
  });

  it('says so when a machine is not there to be changed or removed', () => {
    const registry = new Registry();
    const missing = expect.objectContaining({ code: 'no-such-machine' });
    expect(() => registry.remove(name('web'))).toThrow(missing);
    expect(() => registry.update(name('web'), (machine) => machine)).toThrow(missing);
  });

  it('changes nothing when a change fails', () => {
    const registry = new Registry();
    const web = sampleMachine('web', { unit: 'web.scope', uidMap: '0 100000 10' });
    const other = sampleMachine('other', { unit: 'other.scope', uidMap: '0 200000 10' });
    registry.add(web);
    registry.add(other);
    const events: RegistryEvent[] = [];
    registry.subscribe((event) => events.push(event));
    const changes: ((machine: Machine) => Machine)[] = [
      (machine) => ({ ...machine, unit: 'other.scope' }),
      (machine) => ({ ...machine, leader: other.leader }),
      (machine) => ({ ...machine, name: other.name }),
      () => {
        throw new Error('cannot');
      },
    ];
    for (const change of changes) {
      expect(() => registry.update(web.name, (machine) => change(withUsers(machine, '0 300000 10')))).toThrow();
      expect([...registry]).toEqual([web, other]);
      expect([registry.byUnit('web.scope'), registry.byUnit('other.scope')]).toEqual([web, other]);
      expect([registry.byLeader(web.leader.pid), registry.byLeader(other.leader.pid)]).toEqual([web, other]);
      expect([registry.userOwner(100000)?.machine, registry.userOwner(300000)]).toEqual([web, undefined]);
    }
    expect(events).toEqual([]);
  });

  it('does not lose a change that is made in the midst of another', () => {
    const registry = new Registry();
    registry.add(sampleMachine('web'));
    expect(() =>
      registry.update(name('web'), (machine) => {
        registry.update(name('web'), (inner) => ({ ...inner, service: 'inner' }));
        return { ...machine, service: 'outer' };
      }),
    ).toThrow('changed while');
    expect(registry.get('web')?.service).toBe('inner');
  });

  it('follows a machine whose unit, subgroup or leader changes', () => {
    const registry = new Registry();
    const web = sampleMachine('web', { unit: 'a.scope', leader: { pid: 5 } });
    registry.add(web);
    registry.update(web.name, (machine) => ({ ...machine, unit: 'b.scope', leader: { pid: 6 } }));
    expect([registry.byUnit('a.scope'), registry.byLeader(5)]).toEqual([undefined, undefined]);
    expect([registry.byUnit('b.scope')?.name, registry.byLeader(6)?.name]).toEqual(['web', 'web']);
    registry.update(web.name, (machine) => ({ ...machine, subgroup: 'payload' }));
    expect(registry.byUnit('b.scope')).toBeUndefined();
  });
});

describe('owners of host ids', () => {
  it('are containers with a user namespace of their own', () => {
    const registry = new Registry();
    registry.add(host());
    registry.add(sampleMachine('plain', hostUsers));
    registry.add(sampleMachine('odd', { uidMap: '0 100000 10', sharesHostUsers: true }));
    registry.add(sampleMachine('avm', { class: 'vm', uidMap: '0 100000 10' }));
    expect(registry.userOwner(100005)).toBeUndefined();
    const web = sampleMachine('web', { uidMap: '0 100000 10', gidMap: '3 100001 10' });
    registry.add(web);
    expect(registry.userOwner(100005)).toEqual({ machine: web, insideId: 5 });
    expect(registry.groupOwner(100005)).toEqual({ machine: web, insideId: 7 });
    expect(registry.groupOwner(100000)).toBeUndefined();
    registry.remove(web.name);
    expect([registry.userOwner(100005), registry.groupOwner(100005)]).toEqual([undefined, undefined]);
  });

  it('come and go with their maps', () => {
    const registry = new Registry();
    registry.add(sampleMachine('web'));
    expect(registry.userOwner(100000)).toBeUndefined();
    const mapped = registry.update(name('web'), (machine) => withUsers(machine, '0 100000 10'));
    expect(registry.userOwner(100000)?.machine).toBe(mapped);
    const later = registry.update(name('web'), (machine) => ({ ...machine, service: 'x' }));
    expect(registry.userOwner(100000)?.machine).toBe(later);
    registry.update(name('web'), (machine) => ({ ...machine, facts: { ...machine.facts, sharesHostUsers: true } }));
    expect(registry.userOwner(100000)).toBeUndefined();
    registry.update(name('web'), (machine) => withUsers({ ...later, leader: machine.leader }, '0 200000 10'));
    expect([registry.userOwner(100000), registry.userOwner(200001)?.insideId]).toEqual([undefined, 1]);
    registry.remove(name('web'));
    expect(registry.userOwner(200001)).toBeUndefined();
  });

  it('of equal ranges are the earliest registered, also when its map came last', () => {
    const registry = new Registry();
    registry.add(sampleMachine('first'));
    registry.add(sampleMachine('second', { uidMap: '0 100000 65536' }));
    expect(registry.userOwner(100000)?.machine.name).toBe('second');
    registry.update(name('first'), (machine) => withUsers(machine, '0 100000 65536'));
    expect(registry.userOwner(100000)?.machine.name).toBe('first');
    const told = (of?: MachineName): unknown[] =>
      [...registry.userOverlaps(of)].map(({ machines, ...run }) => ({
        ...run,
        names: machines.map((one) => one.name),
      }));
    expect(told()).toEqual([{ start: 100000, count: 65536, names: ['first', 'second'] }]);
    expect(told(name('second'))).toEqual(told());
    registry.add(sampleMachine('third'));
    expect(told(name('third'))).toEqual([]);
    expect([...registry.groupOverlaps()]).toHaveLength(0);
    registry.remove(name('first'));
    expect(told()).toEqual([]);
    expect(told(name('first'))).toEqual([]);
  });

  it('are those that a walk over all machines finds, whatever is registered, changed and removed', () => {
    const oneMap = fc.constantFrom(
      '',
      '0 0 4294967295',
      '0 65530 20',
      '0 65540 10/100 65550 10',
      '0 65545 10/5000 65560 1',
      '0 65500 100',
      '1 65536 64',
    );
    const oneName = fc.constantFrom('a', 'b', 'c', 'd', 'e').map(name);
    const step = fc.tuple(fc.constantFrom('add', 'remove', 'map', 'share'), oneName, oneMap);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const registry = new Registry();
        for (const [what, of, uidMap] of steps) {
          if (registry.get(of) === undefined) registry.add(sampleMachine(of, { uidMap }));
          else if (what === 'remove') registry.remove(of);
          else if (what === 'map') registry.update(of, (machine) => withUsers(machine, uidMap.replaceAll('/', '\n')));
          else if (what === 'share') {
            registry.update(of, (machine) => ({ ...machine, facts: { ...machine.facts, sharesHostUsers: true } }));
          }
        }
        for (let uid = 65_490; uid < 65_620; uid++) {
          const owning = [...registry].filter(
            ({ facts }) =>
              uid >= 65_536 &&
              !facts.sharesHostUsers &&
              facts.uidMap.some((line) => line.outside !== 0 && uid >= line.outside && uid < line.outside + line.count),
          );
          const owner = registry.userOwner(uid);
          expect(owner === undefined).toBe(owning.length === 0);
          if (owner === undefined || !isId(owner.insideId)) continue;
          expect(owning).toContain(owner.machine);
          expect(owner.insideId).toBe(toMachine(owner.machine.facts.uidMap, uid));
        }
      }),
    );
  });
});
