import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EPOLLHUP, EPOLLIN, EPOLLOUT, EventLoop, type Watch } from '../../src/linux/event-loop.ts';
import { makePipe, openDescriptors } from './descriptors.ts';
import { runModule } from './run-module.ts';

const byte = Buffer.alloc(1);

describe('EventLoop', () => {
  let loop: EventLoop;
  const opened: number[] = [];

  function pipe() {
    const ends = makePipe();
    opened.push(ends.reader, ends.writer);
    return ends;
  }

  beforeEach(() => {
    loop = new EventLoop();
  });

  afterEach(() => {
    loop.close();
    for (const fd of opened.splice(0)) closeSync(fd);
  });

  it('reports a descriptor that becomes readable, with the event bits', async () => {
    const { reader, writer } = pipe();
    const events = new Promise<number>((resolve) => loop.watch(reader, EPOLLIN, resolve));
    writeSync(writer, 'x');
    expect(await events).toBe(EPOLLIN);
  });

  it('is level-triggered: what is left unread is reported again', async () => {
    const { reader, writer } = pipe();
    writeSync(writer, 'abc');
    const seen: string[] = [];
    await new Promise<void>((resolve) => {
      loop.watch(reader, EPOLLIN, () => {
        readSync(reader, byte);
        seen.push(byte.toString());
        if (seen.length === 3) resolve();
      });
    });
    await sleep(20);
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('waits for what modify asks for', async () => {
    const { reader, writer } = pipe();
    const seen: number[] = [];
    const watch = loop.watch(writer, 0, (events) => {
      seen.push(events);
      watch.modify(0);
    });
    await sleep(20);
    expect(seen).toEqual([]);
    watch.modify(EPOLLOUT);
    await sleep(20);
    expect(seen).toEqual([EPOLLOUT]);
    expect(reader).toBeGreaterThan(0);
  });

  it('reports a hang-up although nothing was asked for', async () => {
    const { reader, writer } = pipe();
    const events = new Promise<number>((resolve) => {
      const watch = loop.watch(reader, 0, (bits) => {
        watch.stop();
        resolve(bits);
      });
    });
    opened.splice(opened.indexOf(writer), 1);
    closeSync(writer);
    expect(await events).toBe(EPOLLHUP);
  });

  it('delivers nothing to a watch that another callback of the same round stopped', async () => {
    const pipes = [pipe(), pipe()];
    const called: number[] = [];
    const watches: Watch[] = pipes.map(({ reader }, index) =>
      loop.watch(reader, EPOLLIN, () => {
        called.push(index);
        for (const watch of watches) watch.stop();
      }),
    );
    for (const { writer } of pipes) writeSync(writer, 'x');
    await sleep(30);
    expect(called).toHaveLength(1);
  });

  it('does not hand an event to a new watch whose descriptor has the number of one closed in the same round', async () => {
    const pipes = Array.from({ length: 8 }, makePipe);
    const stale: number[] = [];
    let first = true;
    const watches: Watch[] = pipes.map(({ reader }) =>
      loop.watch(reader, EPOLLIN, () => {
        if (!first) return;
        first = false;
        // Everything of this round is torn down, and every number is in use again with nothing to read.
        for (const watch of watches) watch.stop();
        for (const ends of pipes) {
          closeSync(ends.reader);
          closeSync(ends.writer);
        }
        const reused = Array.from({ length: 8 }, pipe);
        expect(reused.some((ends) => pipes.some((old) => old.reader === ends.reader))).toBe(true);
        for (const ends of reused) loop.watch(ends.reader, EPOLLIN, () => stale.push(ends.reader));
      }),
    );
    for (const { writer } of pipes) writeSync(writer, 'x');
    await sleep(30);
    expect(first).toBe(false);
    expect(stale).toEqual([]);
  });

  it('lets timers run between rounds while more descriptors are busy than fit in one', async () => {
    const busy = Array.from({ length: 200 }, pipe);
    const calls = new Map<number, number>();
    for (const { reader, writer } of busy) {
      writeSync(writer, 'x');
      loop.watch(reader, EPOLLIN, () => calls.set(reader, (calls.get(reader) ?? 0) + 1));
    }
    for (let turns = 0; turns < 50; turns++) await immediate();
    expect(calls.size).toBe(200);
    // 50 turns of the loop, 64 events each at most, shared out evenly by the kernel.
    const counts = [...calls.values()];
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
  });

  it('takes what comes meanwhile in the same round, but no more than 64 events', async () => {
    const { reader, writer } = pipe();
    writeSync(writer, 'x');
    let inRound = 0;
    let most = 0;
    const watch = loop.watch(reader, EPOLLIN, () => {
      most = Math.max(most, ++inRound);
    });
    for (let turn = 0; turn < 200; turn++) {
      await immediate();
      inRound = 0;
    }
    watch.stop();
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(64);
  });

  it('lets others have their turn after a callback that takes long, whatever comes meanwhile', async () => {
    const { reader, writer } = pipe();
    writeSync(writer, 'x');
    let inRound = 0;
    let most = 0;
    const watch = loop.watch(reader, EPOLLIN, () => {
      most = Math.max(most, ++inRound);
      for (const end = performance.now() + 1; performance.now() < end; );
    });
    for (let turn = 0; turn < 50; turn++) {
      await immediate();
      inRound = 0;
    }
    watch.stop();
    expect(most).toBe(1);
  });

  it('refuses to watch a descriptor twice, or a regular file, and goes on', async () => {
    const { reader, writer } = pipe();
    const file = openSync('/proc/self/exe', 'r');
    opened.push(file);
    const events = new Promise<number>((resolve) => loop.watch(reader, EPOLLIN, resolve));
    expect(() => loop.watch(reader, EPOLLIN, () => {})).toThrow('EEXIST');
    expect(() => loop.watch(file, EPOLLIN, () => {})).toThrow('EPERM');
    expect(() => loop.watch(-1, EPOLLIN, () => {})).toThrow('EBADF');
    writeSync(writer, 'x');
    expect(await events).toBe(EPOLLIN);
  });

  it('can be closed from a callback, after which nothing is called and stop does nothing', async () => {
    const pipes = [pipe(), pipe()];
    let calls = 0;
    const watches = pipes.map(({ reader }) =>
      loop.watch(reader, EPOLLIN, () => {
        calls++;
        loop.close();
      }),
    );
    for (const { writer } of pipes) writeSync(writer, 'x');
    await sleep(30);
    for (const watch of watches) watch.stop();
    watches[0]?.modify(EPOLLOUT);
    loop.close();
    expect(calls).toBe(1);
    expect(() => loop.watch(0, EPOLLIN, () => {})).toThrow('closed');
  });

  it('gives its descriptor back', () => {
    const before = openDescriptors().size;
    for (let i = 0; i < 100; i++) new EventLoop().close();
    expect(openDescriptors().size).toBe(before);
  });

  it('runs promise jobs of a callback without waiting for another event', async () => {
    const { reader, writer } = pipe();
    const done = new Promise<string>((resolve) => {
      const watch = loop.watch(reader, EPOLLIN, () => {
        watch.stop();
        void Promise.resolve('job').then(resolve);
      });
    });
    writeSync(writer, 'x');
    expect(await Promise.race([done, sleep(500, 'too late')])).toBe('job');
  });
});

describe('EventLoop in a process of its own', () => {
  const prelude = `
    import { EventLoop, EPOLLIN } from '#src/linux/event-loop.ts';
    import { makePipe } from '#test/linux/descriptors.ts';
    import { writeSync, readSync } from 'node:fs';
    const loop = new EventLoop();
  `;

  it('turns an exception in a callback into an uncaughtException and still calls the others', async () => {
    const { stdout, status } = await runModule(`${prelude}
      process.on('uncaughtException', (error) => console.log('uncaught', error.message));
      let count = 0;
      for (const name of ['a', 'b']) {
        const { reader, writer } = makePipe();
        writeSync(writer, 'x');
        loop.watch(reader, EPOLLIN, () => {
          readSync(reader, Buffer.alloc(1));
          if (++count === 2) setTimeout(() => loop.close(), 10);
          throw new Error(name);
        });
      }
    `);
    expect(stdout.trim().split('\n').sort()).toEqual(['uncaught a', 'uncaught b']);
    expect(status).toBe(0);
  });

  it('ends the process with an error when nothing handles the exception', async () => {
    const { stderr, status } = await runModule(`${prelude}
      const { reader, writer } = makePipe();
      writeSync(writer, 'x');
      loop.watch(reader, EPOLLIN, () => { throw new Error('nobody caught this'); });
    `);
    expect(stderr).toContain('nobody caught this');
    expect(status).toBe(1);
  });

  it.each([
    ['nothing was ever watched', ''],
    ['the last watch is stopped', 'loop.watch(makePipe().reader, EPOLLIN, () => {}).stop();'],
    ['it is closed', 'loop.watch(makePipe().reader, EPOLLIN, () => {}); setTimeout(() => loop.close(), 20);'],
  ])('does not keep the process alive when %s', async (_, code) => {
    expect((await runModule(prelude + code)).status).toBe(0);
  });

  it('keeps the process alive while something is watched', async () => {
    const { stdout } = await runModule(`${prelude}
      const { reader, writer } = makePipe();
      setTimeout(() => writeSync(writer, 'x'), 100).unref();
      const watch = loop.watch(reader, EPOLLIN, () => { console.log('still here'); watch.stop(); });
    `);
    expect(stdout).toBe('still here\n');
  });

  it('lets process.exit end the process at once while something is watched', async () => {
    const { status } = await runModule(`${prelude}
      loop.watch(makePipe().reader, EPOLLIN, () => {});
      setTimeout(() => process.exit(7), 20);
    `);
    expect(status).toBe(7);
  });
});
