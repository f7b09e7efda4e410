import { describe, expect, test } from 'vitest';
import { picture } from '../../bench/picture.ts';
import type { BenchResult, Row } from '../../bench/result.ts';

const just = (median: number) => ({ median, lowest: median, highest: median });
const row = (
  machines: number,
  connections: number,
  ours: number,
  theirs: number,
  against = 'systemd-machined',
): Row => ({
  workload: 'userdb by uid',
  protocol: 'varlink',
  machines,
  connections,
  against,
  reference: { rate: just(theirs) },
  candidate: { rate: just(ours) },
  ratio: just(ours / theirs),
  goals: [],
});
const result = (rows: Row[]): BenchResult => ({
  date: '2026-11-21T12:00:00Z',
  system: { processor: 'A <processor>', processors: 2, kernel: '6.18', node: 'v20', busy: 0 },
  programs: [],
  rounds: 1,
  seconds: 1,
  rows,
  figures: [],
  disagreements: [],
});
const lines = (svg: string) =>
  [...svg.matchAll(/<polyline points="([^"]*)"/g)].map((match) => (match[1] as string).split(' '));

describe('the picture', () => {
  test('has a point of each for every number of machines, with most connections, and ours alone beyond', () => {
    const rows = [
      row(1000, 16, 200_000, 300),
      row(10, 16, 200_000, 15_000),
      row(10, 1, 9000, 8000),
      row(10_000, 16, 200_000, 200_000, 'itself with 10'),
    ];
    const [ours = [], theirs = []] = lines(picture(result(rows)));
    expect([ours.length, theirs.length]).toEqual([3, 2]);
    const [left, right] = [ours[0], ours[2]].map((point) => (point as string).split(',').map(Number));
    // The same rate is the same height, ten times as many machines are as far to the right each time.
    expect(left?.[1]).toBe(right?.[1]);
    const x = ours.map((point) => Number(point.split(',')[0]));
    expect((x[2] as number) - (x[1] as number)).toBeCloseTo(((x[1] as number) - (x[0] as number)) / 2, -1);
    expect(Number(theirs[1]?.split(',')[1])).toBeGreaterThan(Number(theirs[0]?.split(',')[1]));
  });

  test('a row without a ratio has no point, and without any there is still a picture', () => {
    const { ratio: _ratio, ...refused } = row(10, 16, 200_000, 15_000);
    expect(lines(picture(result([refused])))).toEqual([]);
    expect(picture(result([]))).toContain('</svg>');
  });

  test('names stay text', () => {
    expect(picture(result([row(10, 1, 2, 1)]))).toContain('A &#60;processor&#62;');
  });
});
