import { expect, it } from 'vitest';
import { encodeBody } from '../../../src/dbus/codec/body-encoder.ts';
import { MachineList } from '../../../src/frontends/machine1/machine-list.ts';
import { machinePath } from '../../../src/frontends/machine1/paths.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

/** The list as it is when it is encoded as a whole. */
function whole(registry: Registry): string {
  const rows = Array.from(registry, ({ name, class: machineClass, service = '' }) => [
    name,
    machineClass,
    service,
    machinePath(name),
  ]);
  return Buffer.from(encodeBody('a(ssso)', [rows]).bytes).toString('hex');
}

const shown = (list: MachineList): string => Buffer.from(list.body().bytes).toString('hex');

it('is the encoding of the whole list, whatever the lengths of its texts and whatever comes and goes', () => {
  const registry = new Registry();
  const list = new MachineList(registry);
  expect(shown(list)).toBe(whole(registry));
  for (let length = 1; length <= 40; length++) {
    const machine = sampleMachine('n'.repeat(length), { service: 's'.repeat(length % 9) });
    registry.add(machine);
    expect(shown(list)).toBe(whole(registry));
    if (length % 3 === 0) registry.remove(machine.name);
    expect(shown(list)).toBe(whole(registry));
  }
});

it('is the same bytes until a machine comes or goes', () => {
  const registry = new Registry();
  const list = new MachineList(registry);
  const web = sampleMachine('web');
  registry.add(web);
  const before = list.body();
  registry.update(web.name, (machine) => ({ ...machine, facts: { ...machine.facts, sharesHostNetwork: true } }));
  expect(list.body()).toBe(before);
  registry.remove(web.name);
  registry.add(sampleMachine('web', { service: 'another' }));
  expect(shown(list)).toBe(whole(registry));
  expect(list.body()).not.toBe(before);
});

it('follows what is changed of a machine', () => {
  const registry = new Registry();
  const list = new MachineList(registry);
  const web = sampleMachine('web');
  registry.add(web);
  list.body();
  registry.update(web.name, (machine) => ({ ...machine, service: 'named later' }));
  expect(shown(list)).toBe(whole(registry));
});
