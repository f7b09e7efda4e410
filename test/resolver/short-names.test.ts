import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isMachineName } from '../../src/machine/machine-name.ts';
import { Registry } from '../../src/machine/registry.ts';
import { findGroup } from '../../src/resolver/groups.ts';
import { findUser } from '../../src/resolver/users.ts';
import { sampleMachine } from '../machine/sample-machine.ts';

const names = fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,62}[a-zA-Z0-9])?$/).filter((name) => isMachineName(name));
const ids = fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.integer({ min: 0, max: 2 ** 32 - 65_540 }));

it('every user and group of every machine has one name, which is a user name and leads back', () => {
  fc.assert(
    fc.property(names, ids, (machine, id) => {
      fc.pre(id !== 65535 && id + 65536 !== 65535);
      const registry = new Registry();
      registry.add(sampleMachine(machine, { uidMap: `0 65536 ${2 ** 32 - 65_538}` }));
      for (const [find, prefix] of [
        [findUser, 'vu-'],
        [findGroup, 'vg-'],
      ] as const) {
        const found = find(registry, { id: id + 65536 });
        if (found.kind !== 'found') throw new Error(`${machine} ${id}: ${found.kind}`);
        const { name } = found.record;
        // https://systemd.io/USER_NAMES, strict; and the number of the user in it.
        expect(name).toMatch(/^[a-z][a-zA-Z0-9_-]{0,30}$/);
        expect(name.endsWith(`-${id}`)).toBe(true);
        expect(find(registry, { name })).toEqual(found);
        const ordinary = `${prefix}${machine}-${id}`;
        const possible = ordinary.length <= 31 && !machine.includes('.');
        expect(name === ordinary).toBe(possible);
        expect(find(registry, { name: ordinary }).kind).toBe(possible ? 'found' : 'no-record');
      }
    }),
    { numRuns: 500 },
  );
});
