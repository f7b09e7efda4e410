import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KnownRuns } from '../../../src/frontends/userdb/known-runs.ts';
import type { NamedRun } from '../../../src/resolver/named-run.ts';

const LAST_ID = 2 ** 32 - 2;
const run = (label: string, outside: number, count: number, inside = 0): NamedRun => ({
  label,
  inside,
  outside,
  count,
});

/** Label and number inside, as the run that is known by an id says; undefined when none is. */
function byId(known: KnownRuns, id: number): [string, number] | undefined {
  const number = known.byId(id);
  return number === 0 ? undefined : [labelOf(known, number), known.records.inside(number, id)];
}

/** The id on the host of a number inside, as the run that is known by a label says. */
function byLabel(known: KnownRuns, label: string, insideId: number): number | undefined {
  const text = Buffer.from(`>${label}<`);
  const number = known.byLabel(text, 1, text.length - 1);
  const id = number === 0 ? -1 : known.records.outside(number, insideId);
  return id < 0 ? undefined : id;
}

function labelOf(known: KnownRuns, number: number): string {
  const text = Buffer.alloc(known.records.labelLength(number));
  known.records.putLabel(number, text, 0);
  return text.toString('latin1');
}

describe('runs of ids that are known', () => {
  it.each([
    ['on a boundary', 0x2000_0000, 65_536],
    ['off it', 100_000, 65_536],
    ['of many boundaries', 65_537, 1_000_000],
    ['above 31 bits', 2 ** 31 - 1, 65_536],
    ['at the end', LAST_ID - 65_535, 65_536],
    ['of all', 65_536, LAST_ID - 65_535],
  ])('are found by each of their ids: %s', (_, outside, count) => {
    const known = new KnownRuns();
    const it = run('web', outside, count, 7);
    const last = outside + count - 1;
    for (const id of [outside, outside + 1, outside + Math.floor(count / 2), last - 1, last]) {
      known.add(it, id);
      expect(byId(known, id), `${id}`).toEqual(['web', id - outside + 7]);
    }
    expect(byId(known, outside - 1)).toBeUndefined();
    expect(byId(known, last + 1)).toBeUndefined();
    expect(byLabel(known, 'web', 7)).toBe(outside);
    expect(byLabel(known, 'web', count + 6)).toBe(last);
    expect(byLabel(known, 'web', count + 7)).toBeUndefined();
    expect(byLabel(known, 'web', 6)).toBeUndefined();
    expect(known.records.last, 'is kept once').toBe(1);
  });

  it('are two to a boundary at most, and do not drive each other away', () => {
    const known = new KnownRuns();
    const [below, between, above] = [run('a', 131_072, 10_000), run('b', 141_072, 100), run('c', 141_172, 100_000)];
    for (let round = 0; round < 3; round++) {
      for (const each of [below, between, above]) known.add(each, each.outside);
    }
    expect(byId(known, 131_072)).toEqual(['a', 0]);
    expect(byId(known, 141_072)).toBeUndefined();
    expect(byId(known, 141_172)).toEqual(['c', 0]);
    expect([byLabel(known, 'a', 1), byLabel(known, 'b', 1), byLabel(known, 'c', 1)]).toEqual([
      131_073, 141_073, 141_173,
    ]);
    expect(known.records.last).toBe(3);
  });

  it('of one label are found by id, and take no more room with each question', () => {
    const known = new KnownRuns();
    for (let round = 0; round < 50; round++) {
      known.add(run('web', 100_000, 65_536, 1), 120_000);
      known.add(run('web', 5000, 1), 5000);
      known.add(run('web', 655_360, 65_536, 100_000), 655_360);
      known.add(run('web', 200_000, 10, 200_000), 200_003);
    }
    expect(byId(known, 120_000)).toEqual(['web', 20_001]);
    expect(byId(known, 655_361)).toEqual(['web', 100_001]);
    expect(known.records.last).toBe(2);
  });

  it('take no more and no less room however many there are', () => {
    const known = new KnownRuns();
    const of = (index: number): NamedRun => run(`m${index}`, 65_536 * (index + 1), 65_536);
    for (let index = 0; index < 20_000; index++) known.add(of(index), of(index).outside + 33);
    for (let index = 0; index < 20_000; index++) expect(byId(known, of(index).outside + 34)).toEqual([`m${index}`, 34]);
    const labelled = Array.from({ length: 20_000 }, (_, index) => index).filter((index) => {
      const id = byLabel(known, `m${index}`, 1);
      expect(id === undefined || id === of(index).outside + 1).toBe(true);
      return id !== undefined;
    });
    expect(labelled.length).toBeGreaterThan(19_800);
    for (let index = 20_000; index < 60_000; index++) known.add(of(index), of(index).outside);
    expect(known.records.last).toBeLessThanOrEqual(32_768);
    expect(byId(known, of(59_999).outside)).toEqual(['m59999', 0]);
  });

  it('are forgotten like all others when one was known already as there was no more room', () => {
    const known = new KnownRuns();
    for (let index = 0; index < 32_767; index++) {
      const other = run(`m${index}`, 65_536 * (index + 8), 65_536);
      known.add(other, other.outside);
    }
    const web = run('web', 131_072, 131_072);
    known.add(web, 131_072);
    expect(known.records.last).toBe(32_768);
    known.add(web, 196_608);
    known.forget('web', [web]);
    expect([byId(known, 131_072), byId(known, 196_608), byLabel(known, 'web', 0)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('are found by their labels again after they were forgotten often', () => {
    const known = new KnownRuns();
    for (let round = 0; round < 40_000; round++) {
      known.forget('web', [run('web', 131_072, 65_536)]);
      if (byLabel(known, 'web', 0) !== undefined) throw new Error(`not forgotten in round ${round}`);
      known.add(run('web', 131_072, 65_536), 131_072);
      if (byLabel(known, 'web', 0) !== 131_072) throw new Error(`not found in round ${round}`);
    }
    expect(known.records.last).toBeLessThanOrEqual(32_768);
  });

  const edges = [65_536, 131_071, 131_072, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 65_536, LAST_ID];
  const place = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 65_536, max: 400_000 }));
  const size = fc.oneof(fc.constantFrom(1, 10, 65_535, 65_536, 65_537, 200_000), fc.integer({ min: 1, max: 300_000 }));
  const ids = fc.array(fc.oneof(place, fc.constantFrom(0, 65_535)), { minLength: 1, maxLength: 20 });
  const step = fc.record({ label: fc.constantFrom('a', 'b', 'b-1', 'c.d'), place, size, inside: fc.nat(70_000), ids });

  /** What is left of a run when another takes its ids. */
  function without(one: NamedRun, other: NamedRun): NamedRun[] {
    const below = Math.min(one.count, other.outside - one.outside);
    const taken = Math.max(0, other.outside + other.count - one.outside);
    return [
      ...(below > 0 ? [{ ...one, count: below }] : []),
      ...(taken < one.count
        ? [{ ...one, outside: one.outside + taken, inside: one.inside + taken, count: one.count - taken }]
        : []),
    ];
  }

  it('say what a list of owners says, whatever was asked and has changed', () => {
    let [found, named] = [0, 0];
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        const known = new KnownRuns();
        // Each has one line, of which others that came later may have taken something. What they took stays theirs.
        const lines = new Map<string, NamedRun>();
        let owners: NamedRun[] = [];
        for (const { label, place, size, inside, ids } of steps) {
          const added = run(label, place, Math.min(size, LAST_ID - place + 1), inside);
          const before = lines.get(label);
          if (before !== undefined) known.forget(label, [before]);
          known.forget(label, [added]);
          lines.set(label, added);
          owners = owners.filter((owner) => owner.label !== label).flatMap((owner) => without(owner, added));
          owners.push(added);
          const ends = [...lines.values()].flatMap(({ outside, count }) => [outside, outside + count - 1]);
          for (const id of [...ids, ...ends, added.outside - 1, added.outside + added.count]) {
            const owner = owners.find(({ outside, count }) => id >= outside && id < outside + count);
            const insideId = id - (owner?.outside ?? 0) + (owner?.inside ?? 0);
            const said = byId(known, id);
            if (said !== undefined) expect(said).toEqual([owner?.label, insideId]);
            if (said !== undefined) found++;
            if (owner === undefined) continue;
            known.add(owner, id);
            expect(byId(known, id) ?? [owner.label, insideId]).toEqual([owner.label, insideId]);
            const number = byLabel(known, owner.label, insideId);
            if (number !== undefined) expect(number).toBe(id);
            if (number !== undefined) named++;
          }
          for (const [label, { inside, outside }] of lines) {
            expect(byLabel(known, label, inside) ?? outside).toBe(outside);
          }
        }
      }),
      { numRuns: 800 },
    );
    expect(found).toBeGreaterThan(3000);
    expect(named).toBeGreaterThan(3000);
  });

  it('are found by their labels whatever names somebody makes up', () => {
    // FNV-1a as it stands in its description: all lead to one place of the index and those next to it.
    const fnv = (label: string): number => {
      const hash = Buffer.from(label).reduce((value, byte) => Math.imul(value ^ byte, 0x0100_0193), 0x811c9dc5);
      return (hash ^ (hash >>> 15)) & 31;
    };
    const hostile = Array.from({ length: 2000 }, (_, n) => `x${n}`)
      .filter((label) => (fnv(label) - fnv('web') + 32) % 32 < 2)
      .slice(0, 14);
    const found = Array.from({ length: 40 }, () => {
      const known = new KnownRuns();
      for (const [index, label] of [...hostile, 'web'].entries()) {
        const outside = 0x2000_0000 + index * 65_536;
        known.add(run(label, outside, 65_536), outside);
      }
      return byLabel(known, 'web', 0) !== undefined;
    });
    expect(found.filter(Boolean).length).toBeGreaterThan(25);
  });
});
