import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdIndex } from '../../src/machine/id-index.ts';
import type { IdMapLine } from '../../src/machine/id-map.ts';

const line = (inside: number, outside: number, count: number): IdMapLine => ({ inside, outside, count });

/** What the index must answer, found by looking at every line of every owner. */
class Naive {
  readonly owners = new Map<string, { rank: number; lines: readonly IdMapLine[] }>();

  claimsOn(id: number): { owner: string; line: IdMapLine }[] {
    return [...this.owners]
      .flatMap(([owner, { rank, lines }]) => lines.map((line) => ({ owner, rank, line })))
      .filter(({ line }) => id >= line.outside && id < line.outside + line.count)
      .sort((a, b) => a.line.count - b.line.count || a.line.outside - b.line.outside || a.rank - b.rank);
  }
}

/** A map as the kernel has it: its lines overlap neither inside nor outside. */
const lines = fc
  .array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 60 })), { maxLength: 4 })
  .chain((runs) => fc.tuple(fc.constant(runs), fc.nat(300), fc.nat(1000)))
  .map(([runs, base, inside]) => {
    let at = base;
    let from = inside;
    return runs.map(([gap, count]) => {
      const made = line(from, at + gap, count);
      at += gap + count;
      from += count;
      return made;
    });
  });
const owner = fc.constantFrom(...'abcdefghijkl');
const change = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('add' as const), owner, lines }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), owner, lines }) },
);

describe('the index of host ids', () => {
  it('answers as a walk over all owners does, after any changes', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60, size: 'max' }), (changes) => {
        const index = new IdIndex<string>();
        const naive = new Naive();
        let rank = 0;
        for (const { do: what, owner, lines } of changes) {
          if (what === 'remove') {
            index.remove(owner);
            naive.owners.delete(owner);
          } else if (!naive.owners.has(owner)) {
            index.add(owner, rank, lines);
            naive.owners.set(owner, { rank: rank++, lines });
          }
        }
        const claimsOn = Array.from({ length: 760 }, (_, id) => naive.claimsOn(id));
        const numbered = (id: number, owner?: string, line?: IdMapLine) => [
          owner,
          line && id - line.outside + line.inside,
        ];
        expect(claimsOn.map((_, id) => numbered(id, index.lookup(id)?.owner, index.lookup(id)))).toEqual(
          claimsOn.map(([best], id) => numbered(id, best?.owner, best?.line)),
        );
        const turns = claimsOn.filter(([best], id) => id === 0 || best?.line !== claimsOn[id - 1]?.[0]?.line);
        expect(index.segments, 'neighbours of one winner are one segment').toBe(turns.length);
        const overlapping = claimsOn
          .map((claims, id): [number, string[]] => [id, claims.map(({ owner }) => owner)])
          .filter(([, owners]) => owners.length > 1);
        const told = [...index.overlaps()].flatMap(({ start, count, owners }) =>
          Array.from({ length: count }, (_, offset) => [start + offset, owners]),
        );
        expect(told).toEqual(overlapping);
        for (const [one] of naive.owners) {
          const toldOfOne = [...index.overlaps(one)].flatMap(({ start, count, owners }) =>
            Array.from({ length: count }, (_, offset) => [start + offset, owners]),
          );
          expect(toldOfOne).toEqual(overlapping.filter(([, owners]) => owners.includes(one)));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives an id to the narrowest range, then to the lowest start, then to the lowest rank', () => {
    const index = new IdIndex<string>();
    index.add('wide', 0, [line(0, 100, 100)]);
    index.add('later', 3, [line(0, 120, 20)]);
    index.add('earlier', 2, [line(5, 120, 20)]);
    index.add('lower', 4, [line(0, 110, 20)]);
    const owners = (from: number, to: number): string[] => [
      ...new Set(Array.from({ length: to - from }, (_, offset) => index.lookup(from + offset)?.owner ?? 'nobody')),
    ];
    expect(owners(90, 100)).toEqual(['nobody']);
    expect(owners(100, 110)).toEqual(['wide']);
    expect(owners(110, 130)).toEqual(['lower']);
    expect(owners(130, 140)).toEqual(['earlier']);
    expect(owners(140, 200)).toEqual(['wide']);
    expect(owners(200, 210)).toEqual(['nobody']);
    index.remove('earlier');
    expect(owners(130, 140)).toEqual(['later']);
    expect([...index.overlaps('lower')]).toEqual([
      { start: 110, count: 10, owners: ['lower', 'wide'] },
      { start: 120, count: 10, owners: ['lower', 'later', 'wide'] },
    ]);
  });

  it('tells how far ids around one have the same owner', () => {
    const index = new IdIndex<string>();
    index.add('wide', 0, [line(7, 100, 100)]);
    index.add('narrow', 1, [line(0, 120, 20), line(1000, 300, 5)]);
    index.add('last', 2, [line(0, 2 ** 32 - 11, 10)]);
    expect(index.segment(99)).toBeUndefined();
    for (const id of [100, 119]) expect(index.segment(id)).toEqual({ owner: 'wide', line: line(7, 100, 20) });
    for (const id of [120, 139]) expect(index.segment(id)).toEqual({ owner: 'narrow', line: line(0, 120, 20) });
    for (const id of [140, 199]) expect(index.segment(id)).toEqual({ owner: 'wide', line: line(47, 140, 60) });
    expect(index.segment(200)).toBeUndefined();
    expect(index.segment(304)).toEqual({ owner: 'narrow', line: line(1000, 300, 5) });
    expect(index.segment(2 ** 32 - 2)).toEqual({ owner: 'last', line: line(0, 2 ** 32 - 11, 10) });
    index.remove('narrow');
    expect(index.segment(130)).toEqual({ owner: 'wide', line: line(7, 100, 100) });
  });

  it('reaches up to the last id there is', () => {
    const index = new IdIndex<string>();
    index.add('high', 0, [line(0, 4294901760, 65535)]);
    index.add('all', 1, [line(65536, 65536, 4294901759)]);
    expect(index.lookup(4294967294)?.owner).toBe('high');
    expect(index.lookup(4294901759)?.owner).toBe('all');
    expect(index.lookup(65535)).toBeUndefined();
    expect(index.lookup(4294967295)).toBeUndefined();
    index.remove('high');
    expect(index.lookup(4294967294)?.owner).toBe('all');
  });

  it('refuses to give an owner ids twice', () => {
    const index = new IdIndex<string>();
    index.add('a', 0, [line(0, 100, 1)]);
    expect(() => index.add('a', 1, [line(0, 200, 1)])).toThrow('ids already');
    expect(index.lookup(200)).toBeUndefined();
  });

  it('forgets all of an owner whose own ranges overlap, which the kernel does not let happen', () => {
    const index = new IdIndex<string>();
    index.add('odd', 0, [line(0, 100, 10), line(50, 100, 10), line(90, 105, 10)]);
    expect(index.lookup(100)?.inside).toBe(0);
    expect([...index.overlaps()]).toEqual([]);
    index.remove('odd');
    expect(index.segments).toBe(1);
  });

  it('is as small as at first when all that came has gone', () => {
    const index = new IdIndex<number>();
    const ranges = (owner: number): IdMapLine[] =>
      Array.from({ length: 100 }, (_, n) => line(n, 100_000 + n * 7919 + owner * 31, 1 + ((n * 37 + owner) % 5000)));
    for (let owner = 0; owner < 60; owner++) index.add(owner, owner, ranges(owner));
    expect(index.segments).toBeGreaterThan(1000);
    expect(index.segments).toBeLessThanOrEqual(2 * 60 * 100 + 1);
    for (let owner = 59; owner >= 0; owner -= 2) index.remove(owner);
    for (let owner = 0; owner < 60; owner += 2) index.remove(owner);
    expect(index.segments).toBe(1);
    expect([...index.overlaps()]).toEqual([]);
  });

  it('knows a range once, however many claim it, and who is first of those that are left', () => {
    const index = new IdIndex<number>();
    const owners = 20_000;
    // Most containers of a user have the user's own id and the same subordinate ones.
    for (let owner = 0; owner < owners; owner++)
      index.add(owner, owner, [line(0, 70_000, 1), line(1, 100_000, 65_536)]);
    expect(index.segments).toBe(5);
    const started = performance.now();
    for (let owner = 0; owner < owners - 1; owner++) {
      expect(index.lookup(100_033)?.owner).toBe(owner);
      index.remove(owner);
    }
    // Half a minute when all others are looked at each time.
    expect(performance.now() - started).toBeLessThan(5000);
    expect(index.lookup(70_000)?.owner).toBe(owners - 1);
    index.remove(owners - 1);
    expect(index.segments).toBe(1);
  });

  it('replaces more segments at once than a call takes arguments', () => {
    const index = new IdIndex<number>();
    const count = 150_000;
    const scattered = Array.from({ length: count }, (_, n) => line(n, 100_000 + n * 10, 1));
    index.add(0, 0, scattered);
    index.add(1, 1, [line(0, 90_000, count * 10 + 20_000)]);
    expect(index.lookup(100_005)?.owner).toBe(1);
    expect(index.lookup(100_000 + (count - 1) * 10)?.owner).toBe(0);
    index.remove(1);
    expect(index.segments).toBe(2 * count + 1);
    expect(index.lookup(100_005)).toBeUndefined();
  });
});
