import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foreignLines, type IdMap, isId, parseIdMap, toHost, toMachine, uidShift } from '../../src/machine/id-map.ts';

const map = (text: string): IdMap => parseIdMap(text.replaceAll('/', '\n'));

describe('parsing an id map', () => {
  it('reads what the kernel writes', () => {
    expect(parseIdMap('         0      70000          1\n         1     100000       1000\n')).toEqual([
      { inside: 0, outside: 70000, count: 1 },
      { inside: 1, outside: 100000, count: 1000 },
    ]);
    expect(parseIdMap('         0          0 4294967295\n')).toEqual([{ inside: 0, outside: 0, count: 4294967295 }]);
  });

  it('reads the map of this very process', () => {
    const lines = parseIdMap(readFileSync('/proc/self/uid_map', 'utf8'));
    expect(lines.length).toBeGreaterThan(0);
    expect(toMachine(lines, toHost(lines, process.getuid?.() ?? 0) ?? -1)).toBe(process.getuid?.());
  });

  it('takes an empty file for a namespace whose map is not set yet', () => {
    expect(parseIdMap('')).toEqual([]);
  });

  it('leaves out lines that have no host ids where the file was read', () => {
    // Linux 6.18, read in a user namespace that maps 100000..100999 only.
    const text =
      '         0 4294967295         10\n        20          5          3\n        40        998         10\n';
    expect(parseIdMap(text)).toEqual([
      { inside: 20, outside: 5, count: 3 },
      { inside: 40, outside: 998, count: 10 },
    ]);
    expect(parseIdMap('         0 4294967295 4294967295\n')).toEqual([]);
  });

  it.each([
    ['0 1', /line 1 of the id map, "0 1", is not three decimal numbers/],
    ['0 1 2 3', /line 1 .*three decimal/],
    ['0 1 2\n\n3 4 5', /line 2 .*three decimal/],
    ['0 1 2\n3 -4 5', /line 2 .*three decimal/],
    ['0 0x1 2', /line 1 .*three decimal/],
    ['0 1.5 2', /line 1 .*three decimal/],
    ['0 1 1e3', /line 1 .*three decimal/],
    ['0 1 2\0', /line 1 .*three decimal/],
    ['0 1 ٣', /line 1 .*three decimal/],
    ['0 00000000001 1', /line 1 .*three decimal/],
    ['4294967296 1 1', /line 1 .*above 32 bits/],
    ['0 1 0', /line 1 .*maps nothing/],
    // Linux 6.18 refuses to set the next two.
    ['4294967000 100000 296', /line 1 .*more ids than there are inside/],
    ['0 100000 5\n5 4294967000 296', /line 2 .*more ids than there are outside/],
    ['5 100 10\n0 200 6', /lines 1 and 2 of the id map overlap/],
    ['0 100 1\n9 200 6\n5 300 5', /lines 2 and 3 of the id map overlap/],
    ['0 100 1\n0 100 1', /lines 1 and 2 of the id map overlap/],
    [Array.from({ length: 341 }, (_, line) => `${line} ${line} 1`).join('\n'), /341 lines, at most 340/],
  ])('refuses %j', (text, message) => {
    expect(() => parseIdMap(text)).toThrow(SyntaxError);
    expect(() => parseIdMap(text)).toThrow(message);
  });

  it('takes 340 lines', () => {
    const text = Array.from({ length: 340 }, (_, line) => `${line} ${70000 + line} 1\n`).join('');
    expect(parseIdMap(text)).toHaveLength(340);
  });
});

describe('translating ids', () => {
  it('goes through the line that has the id, and knows no id that is none', () => {
    const lines = map('0 70000 1/1 100000 1000/65534 300000 3/4294967290 65530 5');
    expect([0, 1, 1000, 65534, 65536].map((id) => toHost(lines, id))).toEqual([70000, 100000, 100999, 300000, 300002]);
    expect([70000, 100000, 100999, 300000, 300002].map((id) => toMachine(lines, id))).toEqual([
      0, 1, 1000, 65534, 65536,
    ]);
    // Inside 65535 and 4294967295 and outside 65535 are no ids.
    expect([1001, 65533, 65535, 4294967295, -1, 0.5, Number.NaN].map((id) => toHost(lines, id))).toEqual(
      Array(7).fill(undefined),
    );
    expect([300001, 65535, 4294967295, 69999, 70001, 101000].map((id) => toMachine(lines, id))).toEqual(
      Array(6).fill(undefined),
    );
    expect(toHost(lines, 4294967294)).toBe(65534);
    expect(toHost(map('0 65530 10'), 5)).toBeUndefined();
  });

  const someMap = fc
    .array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 300 })), { maxLength: 8 })
    .chain((runs) =>
      fc.tuple(
        fc.constant(runs),
        fc.nat(70_000),
        fc.shuffledSubarray(
          runs.map((_, index) => index),
          { minLength: runs.length },
        ),
      ),
    )
    .map(([runs, base, order]): IdMap => {
      const inside: number[] = [];
      const outside: number[] = [];
      let at = base;
      for (const [gap, count] of runs) {
        inside.push(at + gap);
        at += gap + count;
      }
      at = 65000;
      for (const index of order) {
        outside[index] = at + (runs[index]?.[0] ?? 0);
        at = (outside[index] ?? 0) + (runs[index]?.[1] ?? 0);
      }
      return runs.map(([, count], index) => ({ inside: inside[index] ?? 0, outside: outside[index] ?? 0, count }));
    });

  it('is its own inverse, for any map', () => {
    fc.assert(
      fc.property(someMap, (lines) => {
        expect(
          parseIdMap(lines.map(({ inside, outside, count }) => `${inside} ${outside} ${count}\n`).join('')),
        ).toEqual(lines);
        for (const { inside, outside, count } of lines) {
          for (const offset of [0, count - 1, count >> 1]) {
            const valid = isId(inside + offset) && isId(outside + offset);
            expect(toHost(lines, inside + offset)).toBe(valid ? outside + offset : undefined);
            expect(toMachine(lines, outside + offset)).toBe(valid ? inside + offset : undefined);
          }
        }
      }),
    );
  });

  it('claims exactly the ids of the map that are above the host range', () => {
    fc.assert(
      fc.property(someMap, (lines) => {
        const foreign = foreignLines(lines);
        for (let id = 64_990; id < 65_600; id++) {
          const all = lines.find((line) => id >= line.outside && id < line.outside + line.count);
          const own = foreign.filter((line) => id >= line.outside && id < line.outside + line.count);
          expect(own.map((line) => id - line.outside + line.inside)).toEqual(
            all && id >= 65_536 ? [id - all.outside + all.inside] : [],
          );
        }
      }),
    );
  });
});

describe('which host ids are a map’s own', () => {
  it.each([
    // What systemd 262 answered to GetUserRecord by uid, for leaders with these maps.
    ['0 131072 65536', '0 131072 65536'],
    ['0 0 4294967295', ''],
    ['0 0 1/1 400000 10', '1 400000 10'],
    ['0 1000 1/1 65530 10', '7 65536 4'],
    ['0 4294901760 65535', '0 4294901760 65535'],
    ['4294901760 1200000 65535', '4294901760 1200000 65535'],
    ['0 1 65535', ''],
    ['1 1 4294967294', '65536 65536 4294901759'],
  ])('%s: %s', (all, own) => {
    expect(foreignLines(map(all))).toEqual(map(own));
  });
});

describe('the uid shift', () => {
  it.each([
    // What systemd 262 answered to GetMachineUIDShift for leaders with these maps.
    ['0 0 4294967295', '0 0 4294967295', 0],
    ['0 131072 65536', '0 131072 65536', 131072],
    ['0 4294901760 65535', '0 4294901760 65535', 4294901760],
    ['0 1000000 65534', '0 1000000 65534', 1000000],
    ['0 1100000 65533', '0 1100000 65533', undefined],
    ['0 70000 1/1 100000 1000/65534 300000 1', '0 70000 1/1 100000 1000/65534 300000 1', undefined],
    ['0 0 1/1 400000 10', '0 0 1/1 400000 10', undefined],
    ['0 200000 65537', '0 200000 65536', undefined],
    ['0 600000 65536', '0 700000 65536', undefined],
    ['5 800000 10/100 900000 65436', '5 800000 10', undefined],
    ['4294901760 1200000 65535', '0 1200000 1', undefined],
    ['', '', undefined],
  ])('of %s and %s is %s', (users, groups, shift) => {
    expect(uidShift(map(users), map(groups))).toBe(shift);
  });
});
