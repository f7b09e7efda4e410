import { describe, expect, it } from 'vitest';
import { currentTimestamp } from '../../src/linux/clock.ts';

describe('currentTimestamp', () => {
  it('has CLOCK_MONOTONIC, which process.hrtime reads too', () => {
    const before = process.hrtime.bigint() / 1000n;
    const { monotonic } = currentTimestamp();
    const after = process.hrtime.bigint() / 1000n;
    expect(BigInt(monotonic)).toBeGreaterThanOrEqual(before);
    expect(BigInt(monotonic)).toBeLessThanOrEqual(after);
  });

  it('has CLOCK_REALTIME to the microsecond', () => {
    const before = Date.now();
    const times = Array.from({ length: 50 }, () => currentTimestamp().realtime);
    expect(times[0]).toBeGreaterThanOrEqual(before * 1000);
    expect(times.at(-1)).toBeLessThan((Date.now() + 1) * 1000);
    expect(times.every(Number.isSafeInteger)).toBe(true);
    expect(new Set(times.map((time) => time % 1000)).size).toBeGreaterThan(1);
  });
});
