import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { ChangeFeed, type FeedReply } from '../../../src/frontends/registry/change-feed.ts';
import { encodeNames } from '../../../src/frontends/registry/encode-change.ts';
import { Subscription } from '../../../src/frontends/registry/subscription.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { Turns } from '../../../src/varlink/turns.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

function start(machines: number) {
  const registry = new Registry();
  for (let n = 0; n < machines; n++) registry.add(sampleMachine(`machine-${n}`));
  const feed = new ChangeFeed({ registry, changesOf: ({ kind }) => [kind as 'added'], encoder: encodeNames });
  const subscription = new Subscription(feed, new Turns());
  /** What was taken each time that it was ready. */
  const taken: FeedReply[][] = [];
  const ready = vi.fn(() => {
    const replies: FeedReply[] = [];
    for (let step = subscription.next(); step !== undefined; step = subscription.next()) replies.push(step.value);
    taken.push(replies);
  });
  return { registry, feed, subscription, ready, taken };
}

describe('a subscription', () => {
  test('that is open makes itself ready, and again when something has changed', async () => {
    const { registry, subscription, ready, taken } = start(1);
    subscription.open(ready);
    expect(ready).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(taken.map(({ length }) => length)).toEqual([2]), 10_000);
    registry.add(sampleMachine('a'));
    registry.add(sampleMachine('b'));
    await vi.waitFor(() => expect(taken.map(({ length }) => length)).toEqual([2, 2]), 10_000);
    await sleep(20);
    expect(ready).toHaveBeenCalledTimes(2);
  });

  test('that was closed hears nothing more, whatever it was waiting for', async () => {
    const [early, late] = [start(1), start(1)];
    for (const { registry, feed, subscription, ready } of [early, late]) {
      // Somebody else follows the same.
      feed.join();
      subscription.open(ready);
      if (ready === early.ready) subscription.close();
      if (ready === late.ready) {
        await vi.waitFor(() => expect(ready).toHaveBeenCalledTimes(1), 10_000);
        subscription.close();
      }
      registry.add(sampleMachine('a'));
      await sleep(5);
    }
    expect(early.ready).not.toHaveBeenCalled();
    expect(late.ready).toHaveBeenCalledTimes(1);
  });

  test('takes a limited amount at a time, and lets others have their turn before it goes on', async () => {
    const { subscription, ready, taken } = start(5000);
    subscription.open(ready);
    await vi.waitFor(() => expect(taken.flat().length).toBe(Math.ceil(5000 / 64) + 1), 10_000);
    expect(taken.length).toBeGreaterThan(10);
    for (const replies of taken) expect(replies.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(32_768);
  });

  test('leaves nothing of what all have been told, but what somebody has not', async () => {
    const { registry, feed, subscription, ready } = start(1);
    subscription.open(ready);
    await vi.waitFor(() => expect(ready).toHaveBeenCalledTimes(1), 10_000);
    const position = feed.log.end;
    registry.add(sampleMachine('a'));
    expect(feed.log.hasDropped(position)).toBe(false);
    await vi.waitFor(() => expect(feed.log.hasDropped(position)).toBe(true), 10_000);
    // Somebody who does not ask for more.
    feed.join();
    registry.add(sampleMachine('b'));
    await vi.waitFor(() => expect(ready).toHaveBeenCalledTimes(3), 10_000);
    expect(feed.log.end).toBe(position + 2);
    expect(feed.log.hasDropped(position + 1)).toBe(false);
  });
});
