import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Turns } from '../../src/varlink/turns.ts';

const busy = (milliseconds: number): void => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

describe('turns', () => {
  test('come in the order in which they were asked for, once each, and not at once', async () => {
    const turns = new Turns();
    const seen: string[] = [];
    const take = (name: string) => () => void seen.push(name);
    const [a, b, c] = [take('a'), take('b'), take('c')];
    turns.request(a);
    turns.request(b);
    turns.request(a);
    turns.request(c);
    turns.cancel(b);
    expect(seen).toEqual([]);
    await sleep(5);
    expect(seen).toEqual(['a', 'c']);
    turns.request(b);
    await sleep(5);
    expect(seen).toEqual(['a', 'c', 'b']);
  });

  test('asked for again while they run come after all the others', async () => {
    const turns = new Turns();
    const seen: number[] = [];
    const first = (): void => {
      seen.push(0);
      if (seen.length < 4) turns.request(first);
    };
    turns.request(first);
    turns.request(() => void seen.push(1));
    await sleep(10);
    expect(seen).toEqual([0, 1, 0, 0]);
  });

  test('that were all taken back are not given', async () => {
    const turns = new Turns();
    const seen: number[] = [];
    const turn = (): void => void seen.push(1);
    turns.request(turn);
    turns.cancel(turn);
    await sleep(5);
    expect(seen).toEqual([]);
    turns.request(turn);
    await sleep(5);
    expect(seen).toEqual([1]);
  });

  test('that take others back and ask again keep to their time', { retry: 2 }, async () => {
    const turns = new Turns();
    const other = (): void => {};
    let worked = 0;
    const turn = (): void => {
      turns.request(other);
      turns.cancel(other);
      busy(1);
      worked++;
      turns.request(turn);
    };
    turns.request(turn);
    await sleep(100);
    turns.cancel(turn);
    expect(worked).toBeLessThan(40);
    expect(worked).toBeGreaterThan(2);
  });

  test('take a third of the time, in short pieces, however many ask', { retry: 2 }, async () => {
    const turns = new Turns();
    let worked = 0;
    for (let n = 0; n < 300; n++) {
      const turn = (): void => {
        busy(0.1);
        worked += 0.1;
        turns.request(turn);
      };
      turns.request(turn);
    }
    let longest = 0;
    let last = performance.now();
    const end = last + 300;
    while (performance.now() < end) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
    // A busy machine makes it less, and this process wait; never more.
    expect(worked).toBeLessThan(300 * 0.4);
    expect(worked).toBeGreaterThan(10);
    console.info(`worked ${worked.toFixed(0)} of 300 ms, the longest wait was ${longest.toFixed(1)} ms`);
  });

  test('go on when one fails', async () => {
    const turns = new Turns();
    const seen: number[] = [];
    const errors: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => errors.push(error));
    turns.request(() => {
      throw new Error('a fault');
    });
    turns.request(() => void seen.push(1));
    await sleep(20);
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect([seen, errors.map(String)]).toEqual([[1], ['Error: a fault']]);
  });
});
