import { afterEach, describe, expect, test, vi } from 'vitest';
import { PacedQueue } from '../../../src/sources/kernel/paced-queue.ts';

const busy = (ms: number) => {
  for (const end = performance.now() + ms; performance.now() < end; );
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a paced queue', () => {
  let queue: PacedQueue<string> | undefined;
  afterEach(() => queue?.clear());

  test('does what was added in a turn after it, in order, each once', async () => {
    const done: string[] = [];
    queue = new PacedQueue((item) => done.push(item));
    for (const item of ['b', 'a', 'b', 'a', 'c', 'b']) queue.add(item);
    queue.delete('c');
    expect(done).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toEqual(['b', 'a']);
    queue.add('a');
    await vi.waitFor(() => expect(done).toEqual(['b', 'a', 'a']));
  });

  test('works half of the time at most at what takes little, and stops for others in between', async () => {
    let worked = 0;
    queue = new PacedQueue((item) => {
      busy(0.5);
      worked += 0.5;
      queue?.add(item);
    });
    const start = performance.now();
    let turns = 0;
    const ticker = setInterval(() => turns++, 1);
    for (let i = 0; i < 100; i++) queue.add(`${i}`);
    await pause(500);
    clearInterval(ticker);
    const share = worked / (performance.now() - start);
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.55);
    expect(turns).toBeGreaterThan(20);
  });

  test('works less than half of the time where that was asked for', async () => {
    let worked = 0;
    queue = new PacedQueue((item) => {
      busy(0.5);
      worked += 0.5;
      queue?.add(item);
    }, 9);
    const start = performance.now();
    for (let i = 0; i < 100; i++) queue.add(`${i}`);
    await pause(500);
    const share = worked / (performance.now() - start);
    expect(share).toBeGreaterThan(0.01);
    expect(share).toBeLessThan(0.12);
  });

  test('who takes long waits for it, and lets others pass', async () => {
    const done: string[] = [];
    queue = new PacedQueue((item) => {
      if (item.startsWith('crowd')) busy(20);
      done.push(item);
      if (item.startsWith('crowd')) queue?.add(item);
    });
    for (let i = 0; i < 5; i++) queue.add(`crowd${i}`);
    // The first time nobody knows.
    await vi.waitFor(() => expect(done).toHaveLength(5));
    for (let i = 0; i < 10; i++) {
      await pause(17);
      const before = done.length;
      queue.add('quiet');
      while (!done.slice(before).includes('quiet')) await pause(1);
      // It may come while one of them is at it, and wait for the pause after that, but never for a second one.
      expect(done.slice(before).filter((item) => item !== 'quiet').length).toBeLessThanOrEqual(1);
    }
    expect(done.filter((item) => item !== 'quiet').length).toBeGreaterThan(6);
  });

  test('works a quarter of the time at most at what takes long, and stops for others in between', async () => {
    let worked = 0;
    queue = new PacedQueue((item) => {
      busy(2);
      worked += 2;
      queue?.add(item);
    });
    const start = performance.now();
    let turns = 0;
    const ticker = setInterval(() => turns++, 1);
    for (let i = 0; i < 10; i++) queue.add(`${i}`);
    await pause(500);
    clearInterval(ticker);
    const share = worked / (performance.now() - start);
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.3);
    expect(turns).toBeGreaterThan(20);
  });

  test('runs a thousand times a second at most, for however little', async () => {
    let runs = 0;
    queue = new PacedQueue(() => runs++);
    const end = performance.now() + 200;
    while (performance.now() < end) {
      queue.add('a');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(runs).toBeGreaterThan(5);
    expect(runs).toBeLessThanOrEqual(201);
  });

  test('no one who keeps adding keeps another from its turn', async () => {
    const done: string[] = [];
    queue = new PacedQueue((item) => {
      busy(6);
      done.push(item);
      if (item === 'flood') queue?.add('flood');
    });
    queue.add('flood');
    await pause(100);
    queue.add('honest');
    await pause(100);
    expect(done).toContain('honest');
  });

  test('nor do those that take little keep one that takes long from its turn', async () => {
    const done: string[] = [];
    queue = new PacedQueue((item) => {
      busy(item === 'long' ? 10 : 0.5);
      done.push(item);
      queue?.add(item);
    });
    for (let i = 0; i < 100; i++) queue.add(`${i}`);
    queue.add('long');
    await vi.waitFor(() => expect(done.filter((item) => item === 'long').length).toBeGreaterThan(3), 4000);
  });

  test('goes on after work that threw', async () => {
    const done: string[] = [];
    const errors: unknown[] = [];
    const catchIt = (error: unknown) => errors.push(error);
    process.prependListener('uncaughtException', catchIt);
    const others = process.listeners('uncaughtException').filter((listener) => listener !== catchIt);
    for (const listener of others) process.off('uncaughtException', listener);
    queue = new PacedQueue((item) => {
      if (item === 'bad') throw new Error('bad');
      done.push(item);
    });
    queue.add('bad');
    queue.add('good');
    await pause(50);
    for (const listener of others) process.on('uncaughtException', listener);
    process.off('uncaughtException', catchIt);
    expect(errors).toHaveLength(1);
    expect(done).toEqual(['good']);
  });

  test('cleared it does nothing more', async () => {
    const done: string[] = [];
    queue = new PacedQueue((item) => done.push(item));
    queue.add('a');
    queue.clear();
    await pause(10);
    expect(done).toEqual([]);
  });
});
