import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addressLimits } from '../../src/machine/address.ts';
import type { Machine } from '../../src/machine/machine.ts';
import type { AddressSource } from '../../src/machine/network-details.ts';
import { checkLimits, checkMachines, type Finding } from '../../src/resolver/check.ts';
import type { HostNames } from '../../src/resolver/host-names.ts';
import { clashingNames, clashingShortName } from '../machine/clashing-names.ts';
import { hostUsers, sampleMachine } from '../machine/sample-machine.ts';
import { NamedMachines } from './named-machines.ts';
import { sampleAddress } from './sample-address.ts';

let machines: NamedMachines;
let names: HostNames;
beforeEach(() => {
  machines = new NamedMachines();
  names = machines.start();
});
afterEach(() => machines.close());

const check = (addressSource: AddressSource = 'netlink') =>
  checkMachines(machines.registry, names, { addressSource: () => addressSource });
const add = (name: string, rest: Parameters<typeof sampleMachine>[1] = {}) => {
  const machine = sampleMachine(name, rest);
  machines.registry.add(machine);
  return machine;
};
const readdress = (name: string, addresses: Machine['facts']['addresses'], sharesHostNetwork = false) =>
  machines.registry.update(name as Machine['name'], (machine) => ({
    ...machine,
    facts: { ...machine.facts, addresses, sharesHostNetwork },
  }));
/** `warn name-hidden web by Web: one two +1` */
function text({ level, reason, name, start, count, by, machines: about, others }: Finding): string {
  const told: string[] = [level, reason];
  if (name !== undefined) told.push(name);
  if (start !== undefined) told.push(`${start}+${count}`);
  if (by !== undefined) told.push(`by ${by.name}`);
  const those = about.map((machine) => machine.name as string);
  if (others > 0) those.push(`+${others}`);
  return `${told.join(' ')}: ${those.join(' ')}`;
}
const found = (source?: AddressSource) => check(source).findings.map(text);

describe('a check of the machines', () => {
  test('finds nothing where there is nothing, or nothing wrong', () => {
    expect(check()).toEqual({ findings: [], more: [] });
    add('.host', { class: 'host', ...hostUsers });
    add('web', { uidMap: '0 100000 65536' });
    add('db', { uidMap: '0 200000 65536' });
    add('qemu-1-mail', { class: 'vm' });
    add('plain.example', { ...hostUsers });
    names.callItself(add('shop'), 'store');
    expect(check()).toEqual({ findings: [], more: [] });
  });

  test('finds names that several would have, and so nobody', () => {
    const [two, one] = [add('two'), add('one')];
    names.callItself(one, 'Twin');
    names.callItself(two, 'twin');
    add('qemu-1-Mail', { class: 'vm' });
    add('qemu-2-mail', { class: 'vm' });
    expect(found().sort()).toEqual([
      'fail name-collision mail: qemu-1-Mail qemu-2-mail',
      'fail name-collision twin: two one',
    ]);
    for (const name of ['twin', 'mail']) expect(names.resolve(name)).toEqual({ kind: 'unknown' });
    names.callItself(two, undefined);
    machines.remove('qemu-1-Mail');
    expect(found()).toEqual([]);
  });

  test('finds names that lead to the machine registered by them, and to nobody else', () => {
    const [one, two] = [add('one'), add('two')];
    names.callItself(one, 'web');
    expect(found()).toEqual([]);
    const web = add('Web');
    names.callItself(web, 'web');
    expect(found()).toEqual(['warn name-hidden web by Web: one']);
    names.callItself(two, 'WEB');
    expect(found()).toEqual(['warn name-hidden web by Web: one two']);
    machines.remove('Web');
    expect(found()).toEqual(['fail name-collision web: one two']);
  });

  test('finds names that differ in case', () => {
    add('WEB');
    names.callItself(add('web'), 'Web');
    add('webb');
    expect(found()).toEqual(['warn name-case web: WEB web']);
  });

  test('finds names that no question can carry', () => {
    add('l'.repeat(63));
    add('L'.repeat(64));
    expect(found()).toEqual([`fail name-long-label ${'l'.repeat(64)}: ${'L'.repeat(64)}`]);
  });

  test('finds ids of several machines, those that they belong to first', () => {
    add('wide', { uidMap: '0 100000 65536', gidMap: '0 300000 65536' });
    add('narrow', { uidMap: '0 100100 10', gidMap: '0 500000 10' });
    expect(found()).toEqual(['fail user-overlap 100100+10: narrow wide']);
    add('groups', { uidMap: '0 900000 1', gidMap: '0 500009 1' });
    expect(found()).toEqual(['fail user-overlap 100100+10: narrow wide', 'fail group-overlap 500009+1: groups narrow']);
  });

  test('finds machines that would have the same short name, in order of registration', () => {
    const [one, two] = clashingNames;
    add('a.b', { uidMap: '0 100000 10' });
    add(two, { uidMap: '0 200000 10' });
    add('y'.repeat(60), { uidMap: '0 400000 65536' });
    expect(found()).toEqual([]);
    add(one, { class: 'vm' });
    expect(found()).toEqual([]);
    machines.remove(one);
    add(one, { uidMap: '0 300000 10' });
    // As the machine that was there first, but for its address.
    readdress(two, [sampleAddress('10.0.0.1 global 2 host:5')]);
    expect(found()).toEqual([`fail short-name ${clashingShortName}: ${two} ${one}`]);
    machines.remove(two);
    expect(found()).toEqual([]);
  });

  test('finds containers whose addresses are not told as they change', () => {
    add('.host', { class: 'host' });
    add('web');
    add('vm', { class: 'vm' });
    add('shared');
    readdress('shared', [], true);
    expect(found('proc')).toEqual(['warn not-live: web']);
  });

  test('finds machines that have more addresses than are looked at', () => {
    const address = (interfaceIndex: number) => ({ ...sampleAddress('10.0.0.1 global 2'), interfaceIndex });
    const many = (count: number, indices: number) =>
      Array.from({ length: count }, (_, index) => address(index % indices));
    add('addresses');
    readdress('addresses', many(addressLimits.addresses, 1));
    add('interfaces');
    readdress('interfaces', many(addressLimits.interfaces, addressLimits.interfaces));
    add('vm', { class: 'vm' });
    readdress('vm', many(addressLimits.guest, 1));
    add('fewer');
    readdress('fewer', many(addressLimits.addresses - 1, addressLimits.interfaces - 1));
    add('shared');
    readdress('shared', many(addressLimits.addresses, 1), true);
    expect(found()).toEqual(['warn address-limit: addresses vm', 'warn interface-limit: interfaces']);
  });

  test('is brief, however much there is', () => {
    const { findings: most, machines: some } = checkLimits;
    const comb = Array.from({ length: most + 1 }, (_, index) => `${index * 2} ${1_000_000 + index * 2} 1`).join('/');
    add('comb.a', { uidMap: comb });
    add('comb.b', { uidMap: comb, gidMap: comb.split('/').slice(1).join('/') });
    for (let index = 0; index <= most; index++) {
      for (const number of [1, 2]) add(`qemu-${number}-vm-${index}`, { class: 'vm' });
    }
    for (let index = 2; index <= some; index++) add(`comb.${index}`, { uidMap: '0 2000000 1' });
    const { findings, more } = check();
    const count = (reason: string) => findings.filter((finding) => finding.reason === reason).length;
    expect(['name-collision', 'user-overlap', 'group-overlap'].map(count)).toEqual([most, most, most]);
    expect(more).toEqual(['name-collision', 'user-overlap', 'group-overlap']);
    const notLive = check('proc').findings.at(-1);
    expect([notLive?.machines.length, notLive?.others, notLive?.machines[0]?.name]).toEqual([some, 1, 'comb.a']);
  });
});
