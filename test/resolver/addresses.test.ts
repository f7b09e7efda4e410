import { describe, expect, test } from 'vitest';
import { type Address, addressScopes } from '../../src/machine/address.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { addressesOf, givenAddresses, judgedAddressesOf } from '../../src/resolver/addresses.ts';
import { sampleMachine } from '../machine/sample-machine.ts';
import { sampleAddress } from './sample-address.ts';

const hostAddresses = (): readonly Address[] =>
  ['127.0.0.1 host 1', '192.0.2.1 global 2', '169.254.9.9 link 2', '172.17.0.1 global 3'].map(sampleAddress);
const metadata = { hostAddresses };

function withAddresses(machine: Machine, lines: readonly string[], sharesHostNetwork = false): Machine {
  return { ...machine, facts: { ...machine.facts, addresses: lines.map(sampleAddress), sharesHostNetwork } };
}

describe('the addresses of a machine', () => {
  const seen = ['172.17.0.1 global 3', '10.0.0.1 global 2 host:7', '10.0.0.2 global 4 host:8'];

  test('are those of its own network, the registered interface’s first', () => {
    const machine = withAddresses(sampleMachine('web', { interfaces: [8] }), seen);
    const { addresses } = machine.facts;
    expect(addressesOf(machine, metadata)).toEqual([addresses[2], addresses[1]]);
    expect(judgedAddressesOf(machine, metadata).map(({ verdict }) => verdict)).toEqual([
      'chosen',
      'chosen',
      'inner-link',
    ]);
  });

  test('are chosen once, until the machine is another', () => {
    const machine = withAddresses(sampleMachine('web'), seen);
    expect(addressesOf(machine, metadata)).toBe(addressesOf(machine, metadata));
    const changed = withAddresses(machine, ['10.0.0.3 global 2 host:7']);
    expect(addressesOf(changed, metadata)).toEqual(changed.facts.addresses);
  });

  test('are the host’s own for the host, as they are at the moment, link-local ones only where there are no others', () => {
    const host = sampleMachine('.host', { class: 'host' });
    const told = addressesOf(host, metadata).map(({ bytes }) => bytes.join('.'));
    expect(told).toEqual(['192.0.2.1', '172.17.0.1']);
    const only = () => [sampleAddress('169.254.9.9 global 2')];
    expect(addressesOf(host, { hostAddresses: only })).toEqual(only());
  });

  test.each([
    ['not-available', withAddresses(sampleMachine('vm', { class: 'vm' }), seen)],
    ['not-available', withAddresses(sampleMachine('vm', { class: 'vm' }), seen, true)],
    ['no-private-networking', withAddresses(sampleMachine('plain'), [], true)],
  ])('are not to be had: %s', (code, machine) => {
    expect(() => addressesOf(machine, metadata)).toThrow(expect.objectContaining({ code }));
    expect(judgedAddressesOf(machine, metadata)).toEqual([]);
    expect(givenAddresses(machine, metadata)).toEqual([]);
  });

  test('are given where they are to be had, and only a fault of ours is an error', () => {
    const machine = withAddresses(sampleMachine('web'), seen);
    expect(givenAddresses(machine, metadata)).toBe(addressesOf(machine, metadata));
    const broken = () => {
      throw new Error('a fault');
    };
    expect(() => givenAddresses(sampleMachine('.host', { class: 'host' }), { hostAddresses: broken })).toThrow(
      'a fault',
    );
  });

  test('of thousands are chosen in the time of one turn', () => {
    const many = Array.from({ length: 8192 }, (_, index): Address => {
      const bytes = Uint8Array.from({ length: index % 2 ? 4 : 16 }, (_, i) => (index * 7919 * (i + 3)) & 255);
      const family = index % 2 ? 'ipv4' : 'ipv6';
      const { universe } = addressScopes;
      const rest = { prefixLength: 24, interfaceIndex: 2 + ((index * 13) % 200), scope: universe };
      return { family, bytes, ...rest, tentative: false, deprecated: false };
    });
    const machine = sampleMachine('crowd');
    const crowd = () => ({ ...machine, facts: { ...machine.facts, addresses: many } });
    const times = Array.from({ length: 5 }, () => {
      // Not the time of day: others may be at work on this machine.
      const { user: before } = process.cpuUsage();
      addressesOf(crowd(), metadata);
      return (process.cpuUsage().user - before) / 1000;
    }).sort((a, b) => a - b);
    console.info(`8192 addresses: ${times[2]?.toFixed(1)} ms of one core`);
    expect(times[2]).toBeLessThan(50);
  });
});
