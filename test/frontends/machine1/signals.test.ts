import { expect, it } from 'vitest';
import { emitMachineSignals } from '../../../src/frontends/machine1/signals.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

it('tells of machines that come and go, and of nothing else', () => {
  const registry = new Registry();
  registry.add(sampleMachine('before'));
  const told: unknown[][] = [];
  const stop = emitMachineSignals(registry, (...signal) => told.push(signal));
  const web = sampleMachine('2.web');
  registry.add(sampleMachine('.host', { class: 'host', leader: { pid: 1 } }));
  registry.add(web);
  registry.update(web.name, (machine) => ({ ...machine, service: 'x' }));
  registry.remove(web.name);
  stop();
  registry.add(web);
  const manager = ['/org/freedesktop/machine1', 'org.freedesktop.machine1.Manager'];
  const body = ['2.web', '/org/freedesktop/machine1/machine/_32_2eweb'];
  expect(told).toEqual([
    [...manager, 'MachineNew', 'so', body],
    [...manager, 'MachineRemoved', 'so', body],
  ]);
});
