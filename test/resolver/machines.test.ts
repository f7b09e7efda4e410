import { expect, test } from 'vitest';
import type { ProcessFinder } from '../../src/machine/operations.ts';
import { Registry } from '../../src/machine/registry.ts';
import { findMachine, type MachineQuery } from '../../src/resolver/machines.ts';
import { sampleMachine } from '../machine/sample-machine.ts';

const registry = new Registry();
registry.add(sampleMachine('.host', { class: 'host', leader: { pid: 1 } }));
registry.add(sampleMachine('web', { leader: { pid: 4711 } }));
registry.add(sampleMachine('db', { leader: { pid: 4712 } }));
const processes: Pick<ProcessFinder, 'machineOf'> = { machineOf: ({ pid }) => registry.byLeader(pid) };
const find = (query: MachineQuery) => findMachine(registry, processes, query).name;
const failure = (code: string) => expect.objectContaining({ name: 'MachineError', code });

test.each<[MachineQuery, string]>([
  [{ name: 'web' }, 'web'],
  [{ name: '.host' }, '.host'],
  [{ process: { pid: 4712 } }, 'db'],
  [{ name: 'db', process: { pid: 4712 } }, 'db'],
])('%j is the machine %s', (query, name) => {
  expect(find(query)).toBe(name);
});

test.each<[MachineQuery, string]>([
  [{}, 'no-such-machine'],
  [{ name: 'mail' }, 'no-such-machine'],
  [{ name: 'Web' }, 'no-such-machine'],
  [{ process: { pid: 4713 } }, 'no-such-machine'],
  [{ name: 'web', process: { pid: 4712 } }, 'no-such-machine'],
  [{ name: 'web', process: { pid: 4713 } }, 'no-such-machine'],
  [{ name: 'we_b' }, 'invalid-parameter'],
  [{ name: '' }, 'invalid-parameter'],
])('%j is refused: %s', (query, code) => {
  expect(() => find(query)).toThrow(failure(code));
});
