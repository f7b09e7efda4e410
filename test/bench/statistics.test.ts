import { describe, expect, test } from 'vitest';
import { spread } from '../../bench/statistics.ts';

describe('spread', () => {
  test('the median of an odd number of figures is the middle one, whatever their order', () => {
    expect(spread([9, 1, 100, 2, 30])).toEqual({ median: 9, lowest: 1, highest: 100 });
  });

  test('the median of an even number of figures lies between the middle two', () => {
    expect(spread([4, 1, 3, 2])).toEqual({ median: 2.5, lowest: 1, highest: 4 });
  });

  test('figures are sorted as numbers, not as text', () => {
    expect(spread([10, 9, 100]).median).toBe(10);
  });

  test('no figures have no median', () => {
    expect(() => spread([])).toThrow(RangeError);
  });
});
