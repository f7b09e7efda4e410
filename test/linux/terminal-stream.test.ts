import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { check, declare } from '../../src/linux/libc.ts';
import { TerminalStream } from '../../src/linux/terminal-stream.ts';

const ioctl = declare('int ioctl(int fd, ulong request, void *argument)');
const TIOCSPTLCK = 0x40045431;
const TIOCGPTN = 0x80045430;
const NOCTTY = constants.O_RDWR | constants.O_NOCTTY;

let loop: EventLoop;
let stream: TerminalStream;
let other: string;
let opened: number[];
let text: string;
let hangUps: boolean[];
let failures: Error[];

/** Opens the other side, raw, so that what is written is what arrives. */
function open(): number {
  const fd = openSync(other, NOCTTY);
  opened.push(fd);
  execFileSync('stty', ['-F', other, 'raw', '-echo']);
  return fd;
}

beforeEach(() => {
  loop = new EventLoop();
  const master = openSync('/dev/ptmx', NOCTTY);
  check(ioctl(master, TIOCSPTLCK, new Int32Array([0])), 'ioctl');
  const number = new Int32Array(1);
  check(ioctl(master, TIOCGPTN, number), 'ioctl');
  other = `/dev/pts/${number[0]}`;
  [opened, text, hangUps, failures] = [[], '', [], []];
  stream = new TerminalStream(loop, master, {
    data: (chunk) => {
      text += chunk.toString();
    },
    hungUp: (now) => void hangUps.push(now),
    failed: (error) => void failures.push(error),
  });
});

afterEach(() => {
  stream.close();
  for (const fd of opened) closeSync(fd);
  loop.close();
  expect(failures).toEqual([]);
});

test('carries bytes both ways', async () => {
  const fd = open();
  writeSync(fd, 'from inside');
  await vi.waitFor(() => expect(text).toBe('from inside'));
  stream.write(Buffer.from('typed'));
  const read = Buffer.alloc(100);
  await vi.waitFor(() => expect(stream.waiting).toBe(0));
  expect(read.toString('utf8', 0, readSync(fd, read))).toBe('typed');
  expect(hangUps).toEqual([]);
});

test('keeps what is typed faster than it is read', async () => {
  const fd = open();
  const typed = Array.from({ length: 20_000 }, (_, index) => `${index};`).join('');
  stream.write(Buffer.from(typed));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(stream.waiting).toBeGreaterThan(0);
  let got = '';
  const buffer = Buffer.alloc(4096);
  while (got.length < typed.length) {
    got += buffer.toString('utf8', 0, readSync(fd, buffer));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(got).toBe(typed);
});

test('gives no output while it is paused', async () => {
  const fd = open();
  stream.pause();
  writeSync(fd, 'later');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(text).toBe('');
  stream.resume();
  await vi.waitFor(() => expect(text).toBe('later'));
});

test('tells of a hang-up after all output, and that somebody has it open again', async () => {
  const first = open();
  writeSync(first, 'x'.repeat(3000));
  closeSync(opened.pop() as number);
  await vi.waitFor(() => expect(hangUps).toEqual([true]));
  expect(text).toHaveLength(3000);
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { user, system } = process.cpuUsage(before);
  // It looks again and again, and does not spin.
  expect(user + system).toBeLessThan(150_000);
  const second = open();
  await vi.waitFor(() => expect(hangUps.at(-1)).toBe(false));
  writeSync(second, 'again');
  await vi.waitFor(() => expect(text.endsWith('again')).toBe(true));
});

test('sets the size of the window', () => {
  open();
  stream.setSize(33, 101);
  expect(execFileSync('stty', ['-F', other, 'size']).toString()).toBe('33 101\n');
});
