import { closeSync, openSync, readFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ChildProcess } from '../../src/linux/child-process.ts';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { openPipe } from '../../src/linux/pipe.ts';
import { childrenOf } from '../support/child-processes.ts';
import { openDescriptors } from './descriptors.ts';

const loop = new EventLoop();
afterAll(() => loop.close());
const nothing = openSync('/dev/null', 'r');
afterAll(() => closeSync(nothing));

const shell = (text: string, input = nothing, environment: Record<string, string> = {}) =>
  ChildProcess.start(loop, { command: ['/bin/sh', '-c', text], environment, input });

describe('a child', () => {
  let before: Map<number, string>;
  beforeEach(() => {
    before = openDescriptors();
  });

  it.each([0, 1, 7, 255])('that ends with status %i', async (status) => {
    expect(await (await shell(`exit ${status}`)).ended).toEqual({ status });
    expect(openDescriptors()).toEqual(before);
  });

  it('that is killed, by whom it was started or another', async () => {
    const child = await shell('exec sleep 1000');
    child.kill();
    expect(await child.ended).toEqual({ signal: 9 });
    // It is nobody's any more.
    child.kill();
    expect(await (await shell('kill -TERM $$')).ended).toEqual({ signal: 15 });
    expect(openDescriptors()).toEqual(before);
  });

  it('has the standard input that it is given and the environment, and nothing else of ours', async () => {
    const [output, input] = openPipe();
    const secret = openSync('/dev/zero', 'r');
    const script = `{ pwd; readlink /proc/self/fd/1 /proc/self/fd/2 >&0; tr '\\0' '\\n' </proc/$$/environ
      grep -E '^Sig(Blk|Ign)' /proc/self/status; readlink /proc/$$/fd/*; true; } >&0`;
    const child = await shell(script, input, { A: 'b c', D: '' });
    closeSync(input);
    expect(await child.ended).toEqual({ status: 0 });
    const lines = readFileSync(output, 'utf8').trim().split('\n');
    for (const descriptor of [output, secret]) closeSync(descriptor);
    const told = lines.filter((line) => !line.startsWith('NODE_V8_COVERAGE='));
    expect(told.slice(0, 5)).toEqual(['/', expect.stringMatching(/^pipe:/), '/dev/null', 'A=b c', 'D=']);
    expect(told.slice(5, 7)).toEqual([`SigBlk:\t${'0'.repeat(16)}`, `SigIgn:\t${'0'.repeat(16)}`]);
    expect(told.length).toBeGreaterThan(9);
    expect(told).not.toContain('/dev/zero');
  });

  it('that cannot be started is an error of the system, and leaves nothing', async () => {
    const start = (path: string) => ChildProcess.start(loop, { command: [path], environment: {}, input: nothing });
    await expect(start('/nonexistent')).rejects.toMatchObject({ code: 'ENOENT', syscall: 'posix_spawn' });
    await expect(start('/etc/passwd')).rejects.toMatchObject({ code: 'EACCES' });
    expect(childrenOf(process.pid)).toEqual([]);
    expect(openDescriptors()).toEqual(before);
  });

  it('that cannot be watched is ended', async () => {
    const closed = new EventLoop();
    closed.close();
    const start = ChildProcess.start(closed, { command: ['/bin/sleep', '1000'], environment: {}, input: nothing });
    await expect(start).rejects.toThrow('the event loop is closed');
    expect(childrenOf(process.pid)).toEqual([]);
    expect(openDescriptors()).toEqual(before);
  });

  it('is one of a hundred that are started at once, each reaped', async () => {
    const ends = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => (await shell(`exit ${index}`)).ended),
    );
    expect(ends).toEqual(Array.from({ length: 100 }, (_, status) => ({ status })));
    expect(childrenOf(process.pid)).toEqual([]);
    expect(openDescriptors()).toEqual(before);
  });
});

it('a process of much memory is held up by no start of another', async () => {
  const memory = Buffer.alloc(512 * 1024 * 1024, 1);
  const held: number[] = [];
  for (let count = 0; count < 20; count++) {
    const start = performance.now();
    let longest = 0;
    let last = start;
    let running = true;
    const look = (): void => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
      if (running) setImmediate(look);
    };
    setImmediate(look);
    await (await shell('')).ended;
    running = false;
    held.push(longest);
  }
  expect(memory[memory.length - 1]).toBe(1);
  // Copying its page tables would take some 30 ms.
  expect(held.sort((a, b) => a - b)[10]).toBeLessThan(5);
});
