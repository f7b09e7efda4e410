import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Kept } from '../../../src/daemon/dns/kept.ts';

describe('what is read again now and then', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is what it was until it has been read, at most once a second, and stays where it cannot be', async () => {
    let [times, broken] = [0, false];
    const kept = new Kept(async () => {
      times++;
      if (broken) throw new Error('gone');
      return times;
    }, 0);
    kept.refresh();
    expect(kept.value).toBe(0);
    await vi.waitFor(() => expect(kept.value).toBe(1));
    kept.refresh();
    expect(times).toBe(1);
    vi.advanceTimersByTime(1001);
    broken = true;
    kept.refresh();
    await Promise.resolve();
    expect([times, kept.value]).toEqual([2, 1]);
  });
});
