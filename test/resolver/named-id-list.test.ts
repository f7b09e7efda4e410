import { describe, expect, it } from 'vitest';
import type { AccountIds, KnownAccounts } from '../../src/machine/accounts.ts';
import { parseMachineName } from '../../src/machine/machine-name.ts';
import { Registry } from '../../src/machine/registry.ts';
import { listGroups } from '../../src/resolver/groups.ts';
import type { ListedId } from '../../src/resolver/named-id-list.ts';
import type { RecordFilter } from '../../src/resolver/record-filter.ts';
import { findUser, listUsers } from '../../src/resolver/users.ts';
import { hostUsers, sampleMachine } from '../machine/sample-machine.ts';

const known = (ids: Record<string, Partial<AccountIds>>): KnownAccounts => ({
  of: ({ name }) => ({ users: [], groups: [], ...ids[name] }),
  refresh: () => {},
});
const names = (listed: Iterable<ListedId>) => [...listed].flatMap((one) => (one === undefined ? [] : [one.name]));

function registryOf(maps: Record<string, string>): Registry {
  const registry = new Registry();
  for (const [name, uidMap] of Object.entries(maps)) registry.add(sampleMachine(name, { uidMap }));
  return registry;
}

describe('the list of users', () => {
  it('has those that containers name, as they are found one by one', () => {
    const registry = registryOf({ web: '0 100000 65536', 'web.example': '0 200000 65536' });
    const accounts = known({
      'web.example': { users: [0, 33], groups: [5] },
      web: { users: [0, 33, 65534], groups: [4, 27] },
    });
    expect(names(listUsers(registry, accounts))).toEqual([
      ...['vu-web-0', 'vu-web-33', 'vu-web-65534'],
      // The hash by coreutils.
      ...['vu-webexa_ao56qkvers-0', 'vu-webexa_ao56qkvers-33'],
    ]);
    expect(names(listGroups(registry, accounts))).toEqual(['vg-web-4', 'vg-web-27', 'vg-webexa_ao56qkvers-5']);
    for (const listed of listUsers(registry, accounts)) {
      expect(findUser(registry, { id: listed?.id ?? -1, name: listed?.name ?? '' })).toEqual({
        kind: 'found',
        record: listed,
      });
    }
  });

  it('has nobody who is the host’s, nobody’s, or another machine’s', () => {
    const registry = registryOf({ low: '0 1000 10/10 200000 10', wide: '0 100000 65536', narrow: '0 100100 10' });
    registry.add(sampleMachine('plain', hostUsers));
    registry.add(sampleMachine('guest', { class: 'vm', uidMap: '0 300000 65536' }));
    const users = [0, 9, 10, 19, 20, 100, 109, 110, 65534, 65536];
    const accounts = known({ low: { users }, wide: { users }, narrow: { users }, plain: { users }, guest: { users } });
    expect(names(listUsers(registry, accounts))).toEqual([
      ...['vu-low-10', 'vu-low-19'],
      ...['vu-wide-0', 'vu-wide-9', 'vu-wide-10', 'vu-wide-19', 'vu-wide-20', 'vu-wide-110', 'vu-wide-65534'],
      ...['vu-narrow-0', 'vu-narrow-9'],
    ]);
  });

  it.each<[RecordFilter, readonly string[]]>([
    [{ idMin: 100_001, idMax: 200_000 }, ['vu-a-7', 'vu-b-0']],
    [{ fuzzyNames: ['container b'] }, ['vu-b-0', 'vu-b-7']],
    [{ dispositions: ['regular'] }, []],
  ])('can be filtered: %j', (filter, expected) => {
    const registry = registryOf({ a: '0 100000 10', b: '0 200000 10' });
    const accounts = known({ a: { users: [0, 7] }, b: { users: [0, 7] } });
    const listed = [...listUsers(registry, accounts, filter)];
    expect(names(listed)).toEqual(expected);
    // What is excluded is told of, so that whoever takes them can rest.
    expect(listed).toHaveLength(4);
  });

  it('is of the machines that are there, while they are', () => {
    const registry = registryOf({ a: '0 100000 10', b: '0 200000 10', c: '0 300000 10' });
    const accounts = known({ a: { users: [0, 7] }, b: { users: [0] }, c: { users: [0] }, d: { users: [0] } });
    const list = listUsers(registry, accounts);
    expect(list.next().value).toMatchObject({ name: 'vu-a-0' });
    for (const name of ['a', 'b']) registry.remove(parseMachineName(name));
    registry.add(sampleMachine('b', { uidMap: '0 400000 10', leader: { pid: 9, pidfdId: 9 } }));
    registry.add(sampleMachine('d', { uidMap: '0 500000 10' }));
    expect(names(list)).toEqual(['vu-c-0']);
  });
});
