import { expect, it } from 'vitest';
import { parseMachineName } from '../../../src/machine/machine-name.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { Reservations } from '../../../src/sources/embedded/reservations.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

const [web, other] = [parseMachineName('web'), parseMachineName('other')];
const taken = (parameter?: string) =>
  expect.objectContaining({ code: 'machine-exists', ...(parameter && { parameter }) });

it('a name and a leader that are reserved are nobody else’s until they are given back', () => {
  const reservations = new Reservations(new Registry());
  const release = reservations.reserve(web, 10);
  expect(() => reservations.reserve(web, 11)).toThrow(taken());
  expect(() => reservations.reserve(other, 10)).toThrow(taken('leader'));
  // What was refused has reserved nothing.
  reservations.reserve(other, 11)();
  release();
  reservations.reserve(web, 10);
});

it('the names and leaders of the registry cannot be reserved', () => {
  const registry = new Registry();
  const machine = sampleMachine('web');
  registry.add(machine);
  const reservations = new Reservations(registry);
  expect(() => reservations.reserve(web, 10)).toThrow(taken());
  expect(() => reservations.reserve(other, machine.leader.pid)).toThrow(taken('leader'));
  registry.remove(web);
  reservations.reserve(web, machine.leader.pid);
});

it('nor can those of another registry, where there are machines of others', () => {
  const others = new Registry();
  const machine = sampleMachine('web');
  others.add(machine);
  const reservations = new Reservations(new Registry(), others);
  expect(() => reservations.reserve(web, 10)).toThrow(taken());
  expect(() => reservations.reserve(other, machine.leader.pid)).toThrow(taken('leader'));
  others.remove(web);
  reservations.reserve(web, machine.leader.pid);
});
