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

  it('is as far from another as the shortest way between them', () => {
    const letters = 'ab-';
    let near = 0;
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let round = 0; round < 3000; round++) {
      const name = Array.from({ length: 5 + random(6) }, () => letters[random(3)]).join('');
      let fuzzy = name;
      for (let changes = random(5); changes > 0; changes--) {
        const at = random(fuzzy.length);
        const kept = fuzzy.slice(at + random(2));
        fuzzy = fuzzy.slice(0, at) + (random(2) === 0 ? letters[random(3)] : '') + kept;
      }
      const expected = name.includes(fuzzy) || (fuzzy.length >= 5 && wholeDistance(name, fuzzy) <= 2);
      expect([name, fuzzy, passes({ fuzzyNames: [fuzzy] }, record(name, ''))]).toEqual([name, fuzzy, expected]);
      if (expected) near++;
    }
    expect(near).toBeGreaterThan(500);
    expect(near).toBeLessThan(2900);
  });

  it('takes little time, also over the most that can be asked for', () => {
    const longest = record(`vu-${'a'.repeat(28)}`, `UID 33 of Container ${'a'.repeat(64)}`);
    // As near as possible for as long as possible.
    const fuzzyNames = Array.from({ length: 100 }, () => `UID 33 of Container ${'a'.repeat(60)}bcd`);
    const times = Array.from({ length: 30 }, () => {
      const start = performance.now();
      expect(passes({ fuzzyNames }, longest)).toBe(false);
      return performance.now() - start;
    });
    // Comparing every letter with every other one takes more than six.
    expect(Math.min(...times)).toBeLessThan(2.5);
  });

  it('does not take long over an endless name', () => {
    const started = performance.now();
    expect(passes({ fuzzyNames: ['x'.repeat(10_000_000)] }, network)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

/** Of what `passes` looks at in part, all: the optimal string alignment distance. */
function wholeDistance(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, row) =>
    Array.from({ length: b.length + 1 }, (_, c) => row + c),
  );
  const at = (row: number, column: number): number => table[row]?.[column] ?? Number.NaN;
  for (let row = 1; row <= a.length; row++) {
    for (let column = 1; column <= b.length; column++) {
      const ways = [at(row - 1, column) + 1, at(row, column - 1) + 1];
      ways.push(at(row - 1, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1));
      const swap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swap) ways.push(at(row - 2, column - 2) + 1);
      (table[row] as number[])[column] = Math.min(...ways);
    }
  }
  return at(a.length, b.length);
}
