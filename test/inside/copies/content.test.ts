import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { copyContent } from '../../../src/inside/copies/content.ts';
import { Watch } from '../../../src/inside/copies/watch.ts';
import { Process } from '../../../src/linux/process.ts';

const directory = mkdtempSync(join(tmpdir(), 'mymachines-content-'));
/** The copy stays wanted. */
const idle = Process.open(process.pid).newPidfd();
const watch = new Watch(idle, idle, () => {});
let from: number;
let to: number;

beforeEach(() => {
  from = openSync(join(directory, 'from'), 'w+');
  to = openSync(join(directory, 'to'), 'w+');
});
afterEach(() => {
  closeSync(from);
  closeSync(to);
});
afterAll(() => {
  closeSync(idle);
  rmSync(directory, { recursive: true });
});

it('a file that grows while it is copied is copied up to where it ended', () => {
  writeSync(from, 'first, and then more and more');
  copyContent(from, to, 5n, watch);
  expect(readFileSync(join(directory, 'to'), 'utf8')).toBe('first');
});

it('a file that becomes shorter meanwhile is copied as far as it goes', () => {
  writeSync(from, 'first');
  copyContent(from, to, 100n, watch);
  expect(readFileSync(join(directory, 'to'), 'utf8').replace(/\0*$/, '')).toBe('first');
});

it('a file without a size that has no end is refused', () => {
  writeSync(from, 'line', 0);
  copyContent(from, to, 0n, watch);
  expect(readFileSync(join(directory, 'to'), 'utf8')).toBe('line');
  ftruncateSync(from, 2 ** 40);
  expect(() => copyContent(from, to, 0n, watch)).toThrow(expect.objectContaining({ errno: 27 }));
  expect(statSync(join(directory, 'to')).size).toBeLessThan(2 ** 29);
});
