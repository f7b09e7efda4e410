import { expect, it } from 'vitest';
import { nextInterval } from '../../../src/inside/entering/start-again.ts';

it('what ends soon is started again later each time, up to ten seconds, and what has lasted after one', () => {
  const intervals: number[] = [];
  for (let interval = 1000; intervals.length < 6; interval = nextInterval(interval, 50)) intervals.push(interval);
  expect(intervals).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
  // Somebody was there for a while.
  expect(nextInterval(10_000, 10_000)).toBe(1000);
});
