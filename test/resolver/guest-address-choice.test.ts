import { expect, test } from 'vitest';
import { type GuestAddressSource, guestAddress } from '../../src/machine/address.ts';
import { addressText, parseAddress } from '../../src/machine/address-text.ts';
import type { NetworkDetails } from '../../src/machine/network-details.ts';
import { Registry } from '../../src/machine/registry.ts';
import { addressesOf } from '../../src/resolver/addresses.ts';
import { explain } from '../../src/resolver/explanation.ts';
import { judgeGuestAddresses } from '../../src/resolver/guest-address-choice.ts';
import { sampleMachine } from '../machine/sample-machine.ts';
import { sampleAddress } from './sample-address.ts';

const known = (line: string) => {
  const [text = '', source] = line.split(' ') as [string, GuestAddressSource];
  return guestAddress(parseAddress(text) as Uint8Array, source);
};
const judged = (...lines: string[]) =>
  judgeGuestAddresses(lines.map(known)).map(
    ({ address, verdict }) => `${addressText(address.bytes)} ${address.source} ${verdict}`,
  );

test('IPv4 comes first, then the most trusted source, then the first found', () => {
  expect(
    judged(
      ...['10.0.0.9 neighbour', '10.0.0.8 neighbour', 'fd00::1 registration', '10.0.0.4 lease-file'],
      ...['10.0.0.3 libvirt', '10.0.0.2 networkd', '10.0.0.1 registration'],
    ),
  ).toEqual([
    ...['10.0.0.1 registration', '10.0.0.2 networkd', '10.0.0.3 libvirt', '10.0.0.4 lease-file'].map(chosen),
    ...['10.0.0.9 neighbour', '10.0.0.8 neighbour', 'fd00::1 registration'].map(chosen),
  ]);
});

test('an address counts once, from its most trusted source', () => {
  expect(judged('10.0.0.1 neighbour', '10.0.0.1 networkd', '10.0.0.1 neighbour')).toEqual([
    '10.0.0.1 networkd chosen',
    '10.0.0.1 neighbour duplicate',
    '10.0.0.1 neighbour duplicate',
  ]);
});

test('a link-local address counts where there is no other of either family', () => {
  expect(judged('fe80::1 neighbour', '169.254.3.4 neighbour')).toEqual([
    '169.254.3.4 neighbour chosen',
    'fe80::1 neighbour chosen',
  ]);
  for (const other of ['10.0.0.1', 'fd00::1']) {
    expect(judged('fe80::1 registration', `${other} neighbour`)).toEqual([
      `${other} neighbour chosen`,
      'fe80::1 registration link-local',
    ]);
  }
  // A loopback address is no other.
  expect(judged('fe80::1 neighbour', '127.0.0.1 registration', '::1 registration')).toEqual([
    'fe80::1 neighbour chosen',
    '127.0.0.1 registration host-scope',
    '::1 registration host-scope',
  ]);
});

test('what the kernel says of the hypervisor does not count', () => {
  const vm = sampleMachine('vm', { class: 'vm' });
  const seen = [sampleAddress('10.0.0.1 global 2 host:7')];
  const machine = { ...vm, facts: { ...vm.facts, addresses: [...seen, known('10.0.0.2 neighbour')] } };
  expect(addressesOf(machine, { hostAddresses: () => seen }).map(({ bytes }) => addressText(bytes))).toEqual([
    '10.0.0.2',
  ]);
});

test('as many addresses as are looked at may not be all', () => {
  const network: NetworkDetails = { addressSource: () => 'proc', hostInterfaceName: () => undefined };
  const of = (count: number) => {
    const vm = sampleMachine('vm', { class: 'vm' });
    const addresses = Array.from({ length: count }, (_, n) => known(`10.0.${n >> 8}.${n & 255 || 1} neighbour`));
    const machine = { ...vm, facts: { ...vm.facts, addresses } };
    const { obstacles } = explain(machine, new Registry(), { hostAddresses: () => [] }, network);
    return obstacles.map(({ reason }) => reason);
  };
  expect(of(255)).toEqual(['vm-users']);
  expect(of(256)).toEqual(['address-limit', 'vm-users']);
});

function chosen(line: string): string {
  return `${line} chosen`;
}
