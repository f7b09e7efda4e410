import { expect, test } from 'vitest';
import { encodeDetails } from '../../../src/frontends/registry/encode-change.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { sampleAddress } from '../../resolver/sample-address.ts';

const encoder = encodeDetails({ hostAddresses: () => [] });

test.each([
  ['10.0.0.1 global 2 host:7', { index: 2, name: undefined }, 7],
  ['10.0.0.1 global 2', { index: 2, name: undefined }, undefined],
  // As an address of a VM has it.
  ['10.0.0.1 global 0 host:7', undefined, 7],
])('the address %s is on the interfaces that are known', (line, interfaceInside, hostInterfaceIndex) => {
  const machine = sampleMachine('web');
  const facts = { ...machine.facts, addresses: [sampleAddress(line)] };
  expect(encoder.change('addresses-changed', { ...machine, facts })).toEqual({
    event: 'addresses_changed',
    name: 'web',
    addresses: [{ family: 'ipv4', address: '10.0.0.1', prefixLength: 24, interfaceInside, hostInterfaceIndex }],
  });
});
