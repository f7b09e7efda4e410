import { describe, expect, test } from 'vitest';
import { type Address, addressLimits } from '../../src/machine/address.ts';
import type { Machine } from '../../src/machine/machine.ts';
import type { AddressSource } from '../../src/machine/network-details.ts';
import { Registry } from '../../src/machine/registry.ts';
import { explain, overlapLimit } from '../../src/resolver/explanation.ts';
import { findUser } from '../../src/resolver/users.ts';
import { clashingNames } from '../machine/clashing-names.ts';
import { hostUsers, sampleMachine } from '../machine/sample-machine.ts';
import { sampleAddress } from './sample-address.ts';

function explained(machine: Machine, registry = new Registry(), addressSource: AddressSource = 'netlink') {
  if (registry.get(machine.name) === undefined) registry.add(machine);
  const network = { addressSource: () => addressSource, hostInterfaceName: () => undefined };
  return explain(machine, registry, { hostAddresses: () => [] }, network);
}
const reasons = (machine: Machine, source: AddressSource = 'netlink') =>
  explained(machine, new Registry(), source).obstacles.map(({ reason }) => reason);

function withAddresses(machine: Machine, addresses: readonly Address[], sharesHostNetwork = false): Machine {
  return { ...machine, facts: { ...machine.facts, addresses, sharesHostNetwork } };
}
const one = [sampleAddress('10.0.0.1 global 2 host:7')];
const many = (count: number, address: (index: number) => Partial<Address>) =>
  Array.from({ length: count }, (_, index) => ({ ...(one[0] as Address), ...address(index) }));

describe('what stands in the way of a machine’s names', () => {
  const uidMap = '0 100000 65536';

  test('is nothing, where all is well', () => {
    const machine = withAddresses(sampleMachine('web', { uidMap }), one);
    expect(explained(machine)).toEqual({
      machine,
      source: 'netlink',
      addresses: [{ address: one[0], verdict: 'chosen' }],
      uidShift: 100_000,
      shortName: undefined,
      userOverlaps: [],
      groupOverlaps: [],
      obstacles: [],
    });
  });

  test.each<[string, readonly string[], Machine]>([
    ['a VM', ['vm-network', 'vm-users'], withAddresses(sampleMachine('vm', { class: 'vm', uidMap }), one)],
    ['the host’s namespaces', ['host-network', 'host-users'], withAddresses(sampleMachine('a', hostUsers), [], true)],
    ['no address', ['no-address'], sampleMachine('a', { uidMap })],
    ['a useless one', ['no-address'], withAddresses(sampleMachine('a', { uidMap }), [sampleAddress('::1 host 1')])],
    ['no map', ['no-id-map'], withAddresses(sampleMachine('a'), one)],
    ['no groups', ['no-id-map'], withAddresses(sampleMachine('a', { uidMap, gidMap: '' }), one)],
    ['one user of the host', ['host-ids'], withAddresses(sampleMachine('a', { uidMap: '0 1000 1/1 100000 9' }), one)],
    ['a map from the host’s 0', ['host-ids'], withAddresses(sampleMachine('a', { uidMap: '0 0 4294967295' }), one)],
    ['no dot in its name', [], withAddresses(sampleMachine('a.b', { uidMap }), one)],
    ['the host itself', ['no-address'], sampleMachine('.host', { class: 'host' })],
  ])('%s', (_, expected, machine) => {
    expect(reasons(machine)).toEqual(expected);
  });

  test('is that addresses are not live', () => {
    expect(reasons(withAddresses(sampleMachine('a', { uidMap }), one), 'proc')).toEqual(['not-live']);
  });

  test('is that there is more than is looked at', () => {
    const { addresses, interfaces } = addressLimits;
    const machine = (seen: readonly Address[]) => withAddresses(sampleMachine('a', { uidMap }), seen);
    expect(reasons(machine(many(addresses - 1, () => ({}))))).toEqual([]);
    expect(reasons(machine(many(addresses, () => ({}))))).toEqual(['address-limit']);
    expect(reasons(machine(many(interfaces - 1, (interfaceIndex) => ({ interfaceIndex }))))).toEqual([]);
    expect(reasons(machine(many(interfaces, (interfaceIndex) => ({ interfaceIndex }))))).toEqual(['interface-limit']);
  });

  test.each([
    [20, undefined],
    [22, undefined],
    [23, 10_000],
    [26, 10],
    [27, 0],
    [60, 0],
  ])('is no name of %i characters, which a short one stands for where it leaves no room', (length, from) => {
    const machine = withAddresses(sampleMachine('x'.repeat(length), { uidMap }), one);
    const registry = new Registry();
    const { obstacles, shortName } = explained(machine, registry);
    expect([obstacles, shortName?.from]).toEqual([[], from]);
    const named = (name: unknown, id: number) => findUser(registry, { name: `vu-${name}-${id}` }).kind === 'found';
    if (from === undefined) {
      expect(named(machine.name, 65534)).toBe(true);
    } else {
      expect([named(machine.name, from), from > 0 && named(machine.name, from - 1)]).toEqual([false, from > 0]);
      expect([named(shortName?.name, from), from > 0 && named(shortName?.name, from - 1)]).toEqual([true, false]);
    }
  });

  test('is a short name that another machine has, too', () => {
    const registry = new Registry();
    const [machine, other] = clashingNames.map((name, index) =>
      sampleMachine(name, { uidMap: `0 ${index + 1}00000 9` }),
    );
    expect(explained(machine as Machine, registry)).toMatchObject({ shortName: { from: 0 } });
    registry.add(other as Machine);
    const { obstacles, shortName } = explained(machine as Machine, registry);
    expect([obstacles.at(-1), shortName]).toEqual([{ reason: 'short-name', from: 0 }, undefined]);
    expect(findUser(registry, { id: 100_000 }).kind).toBe('no-record');
  });

  test('is another machine with the same ids that comes first', () => {
    const registry = new Registry();
    const wide = withAddresses(sampleMachine('wide', { uidMap: '0 100000 65536' }), one);
    const narrow = withAddresses(sampleMachine('narrow', { uidMap: '0 100100 10' }), one);
    for (const machine of [wide, narrow]) registry.add(machine);
    const overlap = { start: 100_100, count: 10, machines: [narrow, wide] };
    expect(explained(wide, registry)).toMatchObject({
      userOverlaps: [overlap],
      groupOverlaps: [overlap],
      obstacles: [{ reason: 'overlap', machines: [narrow] }],
    });
    expect(explained(narrow, registry)).toMatchObject({ userOverlaps: [overlap], obstacles: [] });
  });

  test('is told of a few overlaps only, however many there are', () => {
    const registry = new Registry();
    const line = (_: unknown, index: number) => `${index * 2} ${100_000 + index * 2} 1`;
    const lines = Array.from({ length: 340 }, line).join('/');
    const wide = sampleMachine('wide', { uidMap: '0 100000 65536' });
    registry.add(wide);
    registry.add(sampleMachine('comb', { uidMap: lines }));
    expect(explained(wide, registry).userOverlaps).toHaveLength(overlapLimit);
  });
});
