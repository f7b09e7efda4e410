import { describe, expect, test } from 'vitest';
import type { Machine, MachineFacts } from '../../src/machine/machine.ts';
import { changesOf, idMapsOf } from '../../src/resolver/changes.ts';
import { hostUsers, sampleMachine } from '../machine/sample-machine.ts';
import { sampleAddress } from './sample-address.ts';

const metadata = { hostAddresses: () => [sampleAddress('192.0.2.1 global 2')] };
const withFacts = (machine: Machine, facts: Partial<MachineFacts>): Machine => ({
  ...machine,
  facts: { ...machine.facts, ...facts },
});
const addresses = (...lines: string[]) => ({ addresses: lines.map(sampleAddress) });
const changes = (before: Machine, machine: Machine) => changesOf({ kind: 'changed', machine, before }, metadata);

const near = '10.0.0.1 global 2 host:7';
const web = withFacts(sampleMachine('web', { uidMap: '0 100000 65536' }), addresses(near, '172.17.0.1 global 3'));

describe('what is told of a change', () => {
  test('is that a machine comes and goes, whatever it is', () => {
    for (const kind of ['added', 'removed'] as const) {
      for (const machine of [web, sampleMachine('vm', { class: 'vm' })]) {
        expect(changesOf({ kind, machine }, metadata)).toEqual([kind]);
      }
    }
  });

  test('is nothing of the host', () => {
    const host = sampleMachine('.host', { class: 'host' });
    expect(changesOf({ kind: 'added', machine: host }, metadata)).toEqual([]);
    expect(changes(host, withFacts(host, { uidMap: [] }))).toEqual([]);
  });

  test.each<[string, Partial<MachineFacts>]>([
    ['another address', addresses('10.0.0.2 global 2 host:7')],
    ['one more', addresses(near, '10.0.0.2 global 2 host:7')],
    ['none', addresses()],
    ['another that is better', addresses(near.replace(' host:7', ''), '172.17.0.1 global 3')],
    ['the same, leading elsewhere', addresses('10.0.0.1 global 2 host:8')],
    ['the same on another interface', addresses('10.0.0.1 global 4 host:7')],
    ['the network of the host', { sharesHostNetwork: true }],
    ['an interface of another name', { addresses: [{ ...sampleAddress(near), interfaceName: 'eth0' }] }],
    ['another prefix', { addresses: [{ ...sampleAddress(near), prefixLength: 8 }] }],
  ])('is that its addresses are others: %s', (_what, facts) => {
    expect(changes(web, withFacts(web, facts))).toEqual(['addresses-changed']);
    expect(changes(withFacts(web, facts), web)).toEqual(['addresses-changed']);
  });

  test.each<[string, Partial<MachineFacts>]>([
    ['the same in new objects', addresses(near, '172.17.0.1 global 3')],
    ['in another order', addresses('172.17.0.1 global 3', near)],
    ['one that is not given out', addresses(near, '172.17.0.1 global 3', '169.254.1.1 link 2 host:7')],
    ['one that is not ready', addresses(near, '172.17.0.1 global 3', '10.0.0.9 global 2 host:7 tentative')],
  ])('is nothing where what is given out stays: %s', (_what, facts) => {
    expect(changes(web, withFacts(web, facts))).toEqual([]);
  });

  test('is another order when other interfaces are registered', () => {
    const two = withFacts(web, addresses(near, '10.0.0.2 global 3 host:8'));
    expect(changes(two, { ...two, interfaces: [8] })).toEqual(['addresses-changed']);
    expect(changes(two, { ...two, interfaces: [7] })).toEqual([]);
  });

  test('is nothing of what nobody asks for here', () => {
    expect(changes(web, { ...web, unit: 'machine-web.scope', owner: 7 })).toEqual([]);
  });

  test('is that ids are mapped otherwise, users or groups', () => {
    const other = sampleMachine('web', { uidMap: '0 200000 65536' }).facts;
    expect(changes(web, withFacts(web, { uidMap: other.uidMap }))).toEqual(['id-map-changed']);
    expect(changes(web, withFacts(web, { gidMap: other.gidMap }))).toEqual(['id-map-changed']);
    expect(changes(web, withFacts(web, { gidMap: [] }))).toEqual(['id-map-changed']);
    const { uidMap, gidMap } = sampleMachine('web', { uidMap: '0 100000 65536' }).facts;
    expect(changes(web, withFacts(web, { uidMap, gidMap }))).toEqual([]);
    const both = { ...addresses('10.0.0.9 global 2'), uidMap: other.uidMap };
    expect(changes(web, withFacts(web, both))).toEqual(['addresses-changed', 'id-map-changed']);
  });
});

test('the ids of the process of a VM are not those of the VM', () => {
  expect(idMapsOf(sampleMachine('vm', { class: 'vm', uidMap: '0 0 4294967295' }))).toEqual({ users: [], groups: [] });
  expect(idMapsOf(web).users).toEqual([{ inside: 0, outside: 100_000, count: 65_536 }]);
  expect(idMapsOf(sampleMachine('plain', hostUsers)).users).toEqual([{ inside: 0, outside: 0, count: 4_294_967_295 }]);
});
