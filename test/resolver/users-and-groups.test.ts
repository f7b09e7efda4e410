import { beforeAll, describe, expect, it } from 'vitest';
import { Registry } from '../../src/machine/registry.ts';
import { findGroup } from '../../src/resolver/groups.ts';
import type { NamedId } from '../../src/resolver/named-id.ts';
import type { NamedIdAnswer } from '../../src/resolver/record-query.ts';
import { findUser } from '../../src/resolver/users.ts';
import { hostUsers, sampleMachine } from '../machine/sample-machine.ts';

const recordOf = (answer: NamedIdAnswer): NamedId | undefined => (answer.kind === 'found' ? answer.record : undefined);
const userById = (from: Registry, id: number) => recordOf(findUser(from, { id }));
const userByName = (from: Registry, name: string) => recordOf(findUser(from, { name }));
const groupById = (from: Registry, id: number) => recordOf(findGroup(from, { id }));
const groupByName = (from: Registry, name: string) => recordOf(findGroup(from, { name }));

const a25 = 'a'.repeat(25);
const registry = new Registry();

// The machines that systemd 262 was asked about in the tables below: leaders with these very maps.
beforeAll(() => {
  const both = (uidMap: string) => ({ uidMap });
  for (const machine of [
    sampleMachine('.host', { class: 'host', leader: { pid: 1 }, ...hostUsers }),
    sampleMachine('plain', hostUsers),
    sampleMachine('one', both('0 131072 65536')),
    sampleMachine('multi', both('0 70000 1/1 100000 1000/65534 300000 1')),
    sampleMachine('zero', both('0 0 1/1 400000 10')),
    sampleMachine('low', both('0 1000 1/1 65530 10')),
    sampleMachine('big', { uidMap: '0 200000 65537', gidMap: '0 200000 65536' }),
    sampleMachine('high', both('0 4294901760 65535')),
    sampleMachine('avm', { class: 'vm', uidMap: '0 500000 65536' }),
    sampleMachine('nomap', {}),
    sampleMachine('diff', { uidMap: '0 600000 65536', gidMap: '0 700000 65536' }),
    sampleMachine('odd', { uidMap: '5 800000 10/100 900000 65436', gidMap: '5 800000 10' }),
    sampleMachine('all', both('0 0 4294967295')),
    sampleMachine('wrap', { uidMap: '4294901760 1200000 65535', gidMap: '0 1200000 1' }),
    sampleMachine(a25, both('0 2000000 65536')),
    sampleMachine(`${a25}a`, both('0 2100000 65536')),
    sampleMachine(`${a25}aa`, both('0 2200000 65536')),
    sampleMachine('dot.ted', both('0 2300000 65536')),
    sampleMachine('5', both('0 2400000 65536')),
    sampleMachine('a-1-2', both('0 2500000 65536')),
  ]) {
    registry.add(machine);
  }
});

describe('users by number', () => {
  it.each([
    // As systemd 262 answered. Where it answered EINVAL (inside 65535) ours is none, and where its answer was none for
    // a name that would be too long or have a dot, ours has a short one: see docs/differences.md.
    [0, undefined],
    [1000, undefined],
    [65529, undefined],
    [65535, undefined],
    [65536, 'vu-low-7'],
    [65539, 'vu-low-10'],
    [65540, undefined],
    [70000, 'vu-multi-0'],
    [70001, undefined],
    [100000, 'vu-multi-1'],
    [100999, 'vu-multi-1000'],
    [101000, undefined],
    [131072, 'vu-one-0'],
    [196606, 'vu-one-65534'],
    [196607, undefined],
    [196608, undefined],
    [265535, undefined],
    [265536, 'vu-big-65536'],
    [265537, undefined],
    [300000, 'vu-multi-65534'],
    [400000, 'vu-zero-1'],
    [400009, 'vu-zero-10'],
    [400010, undefined],
    [500000, undefined],
    [600005, 'vu-diff-5'],
    [700005, undefined],
    [800003, 'vu-odd-8'],
    [900000, 'vu-odd-100'],
    [965435, undefined],
    [1265534, 'vu-wrap-4294967294'],
    [1265535, undefined],
    [4294901760, 'vu-high-0'],
    [4294967293, 'vu-high-65533'],
    [4294967294, 'vu-high-65534'],
    [4294967295, undefined],
    [4294967296, undefined],
    [-1, undefined],
    [70000.5, undefined],
    [2000010, `vu-${a25}-10`],
    [2100000, `vu-${a25}a-0`],
    [2100010, 'vu-aaaaaa_tf3nksncke-10'],
    [2165534, 'vu-aaaaaa_tf3nksncke-65534'],
    [2200000, 'vu-aaaaaa_zqdbnzq4xv-0'],
    [2300000, 'vu-dotted_rzglvfhrfo-0'],
    [2400003, 'vu-5-3'],
    [2500004, 'vu-a-1-2-4'],
  ])('%s is %s', (uid, name) => {
    expect(userById(registry, uid)?.name).toBe(name);
    if (name !== undefined) expect(userByName(registry, name)?.id).toBe(uid);
  });

  it('say whose they are, and which', () => {
    expect(userById(registry, 131105)).toMatchObject({
      machine: registry.get('one'),
      id: 131105,
      insideId: 33,
      name: 'vu-one-33',
      description: 'UID 33 of Container one',
    });
  });
});

describe('users by name', () => {
  it.each([
    // As systemd 262 answered.
    ['vu-one-0', 131072],
    ['vu-one-65534', 196606],
    ['vu-one-65535', undefined],
    ['vu-one-65536', undefined],
    ['vu-multi-0', 70000],
    ['vu-multi-1', 100000],
    ['vu-multi-65534', 300000],
    ['vu-multi-65535', undefined],
    ['vu-multi-1001', undefined],
    ['vu-zero-1', 400000],
    ['vu-low-7', 65536],
    ['vu-big-65536', 265536],
    ['vu-big-65535', undefined],
    ['vu-high-65533', 4294967293],
    ['vu-high-65534', 4294967294],
    ['vu-high-65535', undefined],
    ['vu-avm-0', undefined],
    ['vu-nomap-0', undefined],
    ['vu-odd-4', undefined],
    ['vu-odd-5', 800000],
    ['vu-odd-100', 900000],
    ['vu-wrap-4294967294', 1265534],
    ['vu-wrap-4294901760', 1200000],
    ['vu-one-00', undefined],
    ['vu-one-01', undefined],
    ['vu-one-+1', undefined],
    ['vu-one--1', undefined],
    ['vu-one-', undefined],
    ['vu-one', undefined],
    ['vu--0', undefined],
    ['vu-', undefined],
    ['vu', undefined],
    ['vu-0', undefined],
    ['vu-one-4294967295', undefined],
    ['vu-one-4294967296', undefined],
    ['vu-one-0x1', undefined],
    ['VU-one-0', undefined],
    ['vu-ONE-0', undefined],
    ['vu-one-1 ', undefined],
    ['vu-one-1\n', undefined],
    ['vg-one-0', undefined],
    ['vu-nosuch-1', undefined],
    ['foo', undefined],
    ['70000', undefined],
    ['', undefined],
    ['vu-öne-0', undefined],
    ['vu-.host-0', undefined],
    ['vu-one-١', undefined],
    [`vu-${a25}-10`, 2000010],
    [`vu-${a25}a-0`, 2100000],
    [`vu-${a25}a-10`, undefined],
    [`vu-${a25}aa-0`, undefined],
    ['vu-dot.ted-0', undefined],
    // Those that have an ordinary name have no other, and a short name is spelled in one way only.
    ['vu-aaaaaa_tf3nksncke-9', undefined],
    ['vu-aaaaaa_f5jb4kt5bp-10', undefined],
    ['vu-one_2d3ddsq53o-0', undefined],
    ['vu-aaaaaa_tf3nksncke-010', undefined],
    ['vu-aaaaa_tf3nksncke-10', undefined],
    ['vu-aaaaaa_TF3NKSNCKE-10', undefined],
    ['vu-dotted_rzglvfhrfo', undefined],
    ['vu-dotted_rzglvfhrfo-', undefined],
    ['vu-dotted_rzglvfhrfo-65536', undefined],
    ['vu-_rzglvfhrfo-0', undefined],
    ['vg-dotted_rzglvfhrfo-0', undefined],
    ['vu-5-3', 2400003],
    ['vu-a-1-2-4', 2500004],
    ['vu-a-1-2', undefined],
  ])('%j is %s', (name, uid) => {
    expect(userByName(registry, name)?.id).toBe(uid);
  });

  it.each([
    // Decided differences: systemd 262 answers with the host's own ids.
    ['vu-plain-0', 0],
    ['vu-plain-1000', 1000],
    ['vu-plain-70000', 70000],
    ['vu-zero-0', 0],
    ['vu-low-0', 1000],
    ['vu-low-1', 65530],
    ['vu-low-5', 65534],
    ['vu-all-0', 0],
    ['vu-all-70000', 70000],
    ['vu-low-6', 'EINVAL'],
  ])('%s is none, though systemd says %s', (name, _systemd) => {
    expect(userByName(registry, name)).toBeUndefined();
  });
});

describe('a container in the user namespace of a daemon that is itself in one', () => {
  it('has no users, though the map that the daemon sees of it would give it some', () => {
    const nested = new Registry();
    nested.add(sampleMachine('a', { uidMap: '0 100000 65536', sharesHostUsers: true }));
    expect([userById(nested, 100005), userByName(nested, 'vu-a-5')]).toEqual([undefined, undefined]);
  });
});

describe('groups', () => {
  it.each([
    // As systemd 262 answered, or EINVAL for 196607.
    [65536, 'vg-low-7'],
    [2300000, 'vg-dotted_rzglvfhrfo-0'],
    [131072, 'vg-one-0'],
    [196607, undefined],
    [265534, 'vg-big-65534'],
    [265536, undefined],
    [600005, undefined],
    [700005, 'vg-diff-5'],
    [800003, 'vg-odd-8'],
    [900000, undefined],
    [1265534, undefined],
    [4294967294, 'vg-high-65534'],
  ])('%s is %s', (gid, name) => {
    expect(groupById(registry, gid)?.name).toBe(name);
    if (name !== undefined) expect(groupByName(registry, name)?.id).toBe(gid);
  });

  it.each(['vu-one-0', 'vg-one-65535', 'vg-big-65535', 'vg-big-65536', 'vg-plain-0', 'vg-avm-0'])(
    '%s is none',
    (name) => {
      expect(groupByName(registry, name)).toBeUndefined();
    },
  );

  it('say whose they are, and which', () => {
    expect(groupByName(registry, 'vg-diff-5')).toMatchObject({
      machine: registry.get('diff'),
      id: 700005,
      insideId: 5,
      name: 'vg-diff-5',
      description: 'GID 5 of Container diff',
    });
  });
});
