import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { encodeDetails, encodeNames } from '../../../src/frontends/registry/encode-change.ts';
import { StateReplies } from '../../../src/frontends/registry/state-replies.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { sampleAddress } from '../../resolver/sample-address.ts';

const machines = Array.from({ length: 1000 }, (_, n) => sampleMachine(`machine-${n}`, { service: `${n}` }));

function namesOf(state: StateReplies, of: readonly Machine[]): string[] {
  const messages = [...state.of(of)].flatMap(({ bytes }) => Buffer.from(bytes).toString().split('\0').slice(0, -1));
  return messages.map((message) => JSON.parse(message).parameters.name);
}

test('is told in parts, which are made once', () => {
  const present = vi.fn(encodeNames.present);
  const state = new StateReplies({ ...encodeNames, present });
  const first = [...state.of(machines)];
  expect(first).toHaveLength(Math.ceil(1000 / 64));
  expect(namesOf(state, machines)).toEqual(machines.map(({ name }) => name));
  const [head, ...rest] = first;
  // One other machine makes one part another.
  const second = [...state.of(machines.with(1, sampleMachine('of-another-length')))];
  expect(second[0]).not.toBe(head);
  for (const [index, part] of rest.entries()) expect(second[index + 1]).toBe(part);
  expect(present).toHaveBeenCalledTimes(1001);
});

test('is told in smaller parts where machines have much to tell', () => {
  const addresses = Array.from({ length: 500 }, (_, n) => sampleAddress(`10.0.${n >> 8}.${n & 255} global 2`));
  const rich = machines
    .slice(0, 100)
    .map((machine, n) => (n % 10 === 0 ? { ...machine, facts: { ...machine.facts, addresses } } : machine));
  const state = new StateReplies(encodeDetails({ hostAddresses: () => [] }));
  const parts = [...state.of(rich)];
  expect(parts.length).toBeGreaterThan(5);
  for (const { bytes } of parts) expect(bytes.length).toBeLessThan(150_000);
  expect(namesOf(state, rich)).toEqual(rich.map(({ name }) => name));
  expect([...state.of(rich)]).toEqual(parts);
});

test('has all that there are, whatever was told before', () => {
  const state = new StateReplies(encodeNames);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(999), { maxLength: 1000, size: 'max' }), fc.boolean(), (picked, ordered) => {
      const some = (ordered ? picked.toSorted((a, b) => a - b) : picked).map((index) => machines[index] as Machine);
      expect(namesOf(state, some)).toEqual(some.map(({ name }) => name));
    }),
    { numRuns: 100 },
  );
});
