import { describe, expect, it } from 'vitest';
import { Registry } from '../../src/machine/registry.ts';
import { findGroup } from '../../src/resolver/groups.ts';
import { passes, type RecordFilter } from '../../src/resolver/record-filter.ts';
import type { IdQuery } from '../../src/resolver/record-query.ts';
import { findUser } from '../../src/resolver/users.ts';
import { hostUsers, sampleMachine } from '../machine/sample-machine.ts';

const registry = new Registry();
registry.add(sampleMachine('one', { uidMap: '0 131072 65536' }));
registry.add(sampleMachine('plain', hostUsers));

describe('queries', () => {
  it.each<[IdQuery, string]>([
    // As systemd 262's machine service answered.
    [{ id: 131072 }, 'found'],
    [{ name: 'vu-one-0' }, 'found'],
    [{ id: 131072, name: 'vu-one-0' }, 'found'],
    [{ id: 131072, name: 'vu-one-1' }, 'conflicting'],
    [{ id: 131072, name: 'nosuch' }, 'conflicting'],
    [{ id: 66000, name: 'vu-one-1' }, 'no-record'],
    [{ id: 0, name: 'vu-plain-0' }, 'no-record'],
    [{}, 'enumeration'],
    // It refuses filters; as its multiplexer answered about its own records.
    [{ filter: { idMin: 5 } }, 'enumeration'],
    [{ id: 131072, filter: { idMin: 131073 } }, 'non-matching'],
    [{ id: 131072, name: 'vu-one-1', filter: { idMin: 131073 } }, 'non-matching'],
    [{ name: 'nosuch', filter: { idMin: 5 } }, 'no-record'],
    [{ id: 131072, filter: {} }, 'found'],
  ])('%j: %s', (query, kind) => {
    expect(findUser(registry, query).kind).toBe(kind);
  });

  it('have the record', () => {
    expect(findUser(registry, { id: 131105 })).toMatchObject({ kind: 'found', record: { name: 'vu-one-33' } });
    expect(findGroup(registry, { name: 'vg-one-33' })).toMatchObject({ kind: 'found', record: { id: 131105 } });
    expect(findGroup(registry, { name: 'vu-one-33' }).kind).toBe('no-record');
  });
});

describe('filters', () => {
  /** A record of another name and description, because systemd was asked about its own users. */
  const record = (name: string, description: string, id = 997) => ({
    machine: sampleMachine('any'),
    id,
    insideId: 0,
    label: 'any',
    name,
    description,
  });
  const network = record('systemd-network', 'systemd Network Management');

  it.each<[RecordFilter, boolean]>([
    // As systemd 262's multiplexer answered about systemd-network (uid 997).
    [{ idMin: 0, idMax: 5 }, false],
    [{ idMin: 998, idMax: 998 }, false],
    [{ idMin: 997, idMax: 997 }, true],
    [{ idMin: 5000, idMax: 6 }, false],
    [{ uuid: '00000000000000000000000000000000' }, true],
    [{ uuid: '85bb6a7ce5f343b4a1d6bd77b021e154' }, false],
    [{ fuzzyNames: [] }, true],
    [{ fuzzyNames: ['xyzzy', 'net'] }, true],
    // Ours are of disposition `container`.
    [{ dispositions: [] }, false],
    [{ dispositions: ['regular'] }, false],
    [{ dispositions: ['regular', 'container'] }, true],
    [{ dispositions: ['container'], idMin: 998 }, false],
  ])('%j: %s', (filter, expected) => {
    expect(passes(filter, network)).toBe(expected);
  });

  it.each([
    // As systemd 262's multiplexer answered.
    ['systemd-network', '', true],
    ['systemd-network', 'network', true],
    ['systemd-network', 'NETWORK', true],
    ['systemd-network', 'rk', true],
    ['systemd-network', 'xyz', false],
    ['systemd-network', 'oot', false],
    ['systemd-network', 'sytsemd-network', true],
    ['systemd-network', 'ystsemd-network', true],
    ['systemd-network', 'sytsemd-netwokr', true],
    ['systemd-network', 'sytsemd-netwkor', false],
    ['systemd-network', 'systemd-netx', false],
    ['systemd-network', 'ystemd-netwrk', true],
    ['systemd-network', 'nettwrok', false],
    ['systemd-network', 'Management', true],
    ['systemd-network', 'Network Managment', false],
    ['systemd-network', 'system Network Management', true],
    ['root', 'rot', false],
    ['root', 'roox', false],
    ['root', 'rooot', true],
    ['root', 'roooo', true],
    ['root', 'rootx', true],
    ['daemon', 'dxxmon', true],
    ['daemon', 'dmaeon', true],
    ['daemon', 'deamon', true],
    ['daemon', 'daemoxx', true],
    ['sync', 'snc', false],
    ['sync', 'sycn', false],
    ['sync', 'xsync', true],
    ['sync', 'sxnxc', true],
  ])('%s is like %j: %s', (name, fuzzy, expected) => {
    const description = name === 'systemd-network' ? network.description : '';
    expect(passes({ fuzzyNames: [fuzzy] }, record(name, description))).toBe(expected);
  });

  it('does not take long over an endless name', () => {
    const started = performance.now();
    expect(passes({ fuzzyNames: ['x'.repeat(10_000_000)] }, network)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
