import { closeSync, readSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EPOLLIN, EventLoop } from '../../src/linux/event-loop.ts';
import { makePipe } from './descriptors.ts';

const byte = Buffer.alloc(1);

/** Reports bytes that are written one after another, and gives the processor time of what `use` does, in milliseconds. */
async function processorTime(use: (write: () => void, read: () => number) => Promise<void>): Promise<number> {
  const loop = new EventLoop({ busyPoll: 0.2 });
  const { reader, writer } = makePipe();
  let read = 0;
  loop.watch(reader, EPOLLIN, () => {
    readSync(reader, byte);
    read += 1;
  });
  const before = process.cpuUsage();
  await use(
    () => writeSync(writer, 'x'),
    () => read,
  );
  const { user, system } = process.cpuUsage(before);
  loop.close();
  closeSync(reader);
  closeSync(writer);
  return (user + system) / 1000;
}

describe('an event loop that polls busily', () => {
  it('sleeps again when no event follows at once', async () => {
    const time = await processorTime(async (write, read) => {
      for (let i = 0; i < 50; i++) write();
      await sleep(500);
      expect(read()).toBe(50);
    });
    expect(time).toBeLessThan(250);
  });

  it('does not stay awake between events that come a few milliseconds apart', async () => {
    const time = await processorTime(async (write, read) => {
      for (let i = 0; i < 100; i++) {
        write();
        await sleep(5);
      }
      expect(read()).toBe(100);
    });
    expect(time).toBeLessThan(400);
  });

  it('stays awake for so long after an event', async () => {
    const awake = async (busyPoll: number): Promise<number> => {
      const loop = new EventLoop({ busyPoll });
      const { reader, writer } = makePipe();
      loop.watch(reader, EPOLLIN, () => readSync(reader, byte));
      await sleep(20);
      const before = performance.eventLoopUtilization();
      writeSync(writer, 'x');
      await sleep(200);
      const { utilization } = performance.eventLoopUtilization(before);
      loop.close();
      closeSync(reader);
      closeSync(writer);
      return utilization;
    };
    expect(await awake(0)).toBeLessThan(0.5);
    expect(await awake(150)).toBeGreaterThan(0.6);
  });

  it('reports what comes while it looks, and nothing after it is closed', async () => {
    const loop = new EventLoop({ busyPoll: 0.2 });
    const { reader, writer } = makePipe();
    let read = 0;
    loop.watch(reader, EPOLLIN, () => {
      readSync(reader, byte);
      read += 1;
      if (read < 1000) writeSync(writer, 'x');
      else loop.close();
    });
    writeSync(writer, 'x');
    await sleep(300);
    writeSync(writer, 'x');
    await sleep(50);
    expect(read).toBe(1000);
    closeSync(reader);
    closeSync(writer);
  });
});
