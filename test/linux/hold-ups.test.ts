import { describe, expect, it } from 'vitest';
import type { HoldUp } from '../../src/linux/hold-ups.ts';
import { runModule } from './run-module.ts';

/**
 * What was told in a process of its own, where nothing else is done, after `text`, in which `event()` gives one that the
 * loop reports, `spin(ms)` holds everybody up, and `wait(ms)` is a time in which nothing is done. Without `unwell` only
 * what this process did: a busy machine may hold it up as well.
 */
async function told(text: string, { unwell = false } = {}): Promise<readonly HoldUp[]> {
  const { stdout, stderr, status } = await runModule(`
    import { readSync, writeSync } from 'node:fs';
    import { setTimeout as wait } from 'node:timers/promises';
    import { EPOLLIN, EventLoop } from '#src/linux/event-loop.ts';
    import { HoldUps } from '#src/linux/hold-ups.ts';
    import { makePipe } from '#test/linux/descriptors.ts';
    const told = [];
    const holdUps = new HoldUps((holdUp) => told.push(holdUp));
    const loop = new EventLoop({ holdUps });
    const spin = (ms) => {
      const { user, system } = process.cpuUsage();
      const used = () => { const now = process.cpuUsage(); return (now.user + now.system - user - system) / 1000; };
      const start = performance.now();
      // V8's own threads have a part of the processor time.
      while (used() < ms || performance.now() - start < ms);
      return performance.now() - start;
    };
    const on = (callback, name) => {
      const { reader, writer } = makePipe();
      loop.watch(reader, EPOLLIN, () => { readSync(reader, Buffer.alloc(1)); callback(); }, name);
      return () => new Promise((resolve) => { writeSync(writer, 'x'); setTimeout(resolve, 20); });
    };
    const event = on(() => {});
    holdUps.start();
    await event();
    ${text}
    await event();
    console.log(JSON.stringify(told));
    loop.close();`);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return (JSON.parse(stdout) as HoldUp[]).filter(({ processor }) => unwell || processor >= 40);
}

const by = (holdUps: readonly HoldUp[]): string[] => holdUps.map((holdUp) => holdUp.by);

describe('what holds up the event loop', () => {
  it('is told by its name, with how long it took', async () => {
    const [holdUp, ...more] = await told(`await on(() => spin(90), 'netlink')();`);
    expect(more).toEqual([]);
    expect(holdUp?.by).toBe('netlink');
    expect(holdUp?.milliseconds).toBeGreaterThanOrEqual(90);
    expect(holdUp?.processor).toBeGreaterThan(80);
    expect(by(await told(`await on(() => spin(90))();`))).toEqual(['connections']);
  });

  it('is told once, by who knows best', async () => {
    expect(by(await told(`await on(() => holdUps.took('a call', spin(90)))();`))).toEqual(['a call']);
    expect(by(await told(`await on(() => { holdUps.took('a call', spin(90)); spin(90); })();`)).sort()).toEqual([
      'a call',
      'connections',
    ]);
    expect(by(await told(`holdUps.took('outside', spin(90));`))).toEqual(['outside']);
  });

  it.each([
    ['a timer', `setTimeout(() => spin(120), 30); await wait(60);`],
    ['a timer, long after', `setTimeout(() => spin(120), 300); await wait(600);`],
    ['an immediate', `setImmediate(() => spin(120)); await wait(0);`],
    ['a promise', `await Promise.resolve().then(() => spin(120));`],
  ])('is told when it was %s', async (_, text) => {
    expect(by(await told(text))).toEqual(['timers or promises']);
  });

  it('is told with what was before it', async () => {
    const text = `await on(() => void Promise.resolve().then(() => spin(120)), 'netlink')();`;
    expect(by(await told(text))).toEqual(['timers or promises, after netlink']);
  });

  it('is nothing that takes less than 50 ms, however often', async () => {
    expect(await told(`for (let n = 0; n < 20; n++) await on(() => spin(20), 'netlink')();`)).toEqual([]);
    expect(
      await told(
        `for (let n = 0; n < 200; n++) await new Promise((next) => setImmediate(() => { spin(5); next(); }));`,
      ),
    ).toEqual([]);
  });

  it('is not that nothing is to be done', async () => {
    expect(await told(`await wait(400); await event(); await wait(400);`)).toEqual([]);
  });

  it('is told with the time for which there was a processor', async () => {
    const all = await told(
      `await on(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100), 'netlink')();`,
      { unwell: true },
    );
    const holdUp = all.find((one) => one.by === 'netlink');
    expect(holdUp?.milliseconds).toBeGreaterThan(99);
    expect(holdUp?.processor).toBeLessThan(50);
  });

  it('keeps no process alive, and wakes none up', async () => {
    const [resources] = await told(`told.push({ by: process.getActiveResourcesInfo().join(), processor: 100 });`);
    expect(resources?.by).not.toMatch(/Timeout|Immediate/);
  });
});
