import { expect, test } from 'vitest';
import { givenByMachined } from '../../../src/daemon/sources/given-by-machined.ts';
import type { MachineSource, SourceHealth } from '../../../src/machine/machine-source.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

const source = (name: MachineSource['name'], registry = new Registry(), health: SourceHealth = { state: 'live' }) =>
  ({ name, registry, health }) as MachineSource;

test('the names of users that systemd-machined gives are those of its containers', () => {
  const registry = new Registry();
  const [web, guest, own] = ['web', 'guest', 'own'].map((name) => sampleMachine(name));
  if (!web || !guest || !own) throw new Error('three machines');
  registry.add(web);
  registry.add({ ...guest, class: 'vm' });
  const sources = [source('embedded'), source('machine1', registry)];
  const given = givenByMachined({ sources });
  expect([web, guest, own].map((machine) => given?.(machine))).toEqual([true, false, false]);
  // Of another source, which hides systemd-machined's: there its name is that one's.
  expect(given?.(sampleMachine('web'))).toBe(true);
  registry.remove(web.name);
  expect(given?.(web)).toBe(false);
});

test('none are while systemd-machined is not there', () => {
  const registry = new Registry();
  const web = sampleMachine('web');
  registry.add(web);
  const health: SourceHealth = { state: 'stale', since: web.timestamp, reason: 'it has ended' };
  expect(givenByMachined({ sources: [source('machine1', registry, health)] })?.(web)).toBe(false);
});

test('none are where systemd-machined is no source', () => {
  expect(givenByMachined({ sources: [source('embedded')] })).toBeUndefined();
});
