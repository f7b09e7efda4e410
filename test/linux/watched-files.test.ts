import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WatchedFiles } from '../../src/linux/watched-files.ts';

let root: string;
let directory: string;
let files: WatchedFiles | undefined;
const now = new Map<string, string>();
const told: string[] = [];
const problems: string[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mymachines-files-'));
  directory = join(root, 'a/b');
  for (const list of [told, problems]) list.length = 0;
  now.clear();
});
afterEach(() => {
  files?.close();
  rmSync(root, { recursive: true });
});

function start(): void {
  files = new WatchedFiles({
    directory,
    wanted: (name) => name.startsWith('f'),
    changed: (name, text) => {
      told.push(name);
      if (text === undefined) now.delete(name);
      else now.set(name, text);
    },
    problem: (error) => problems.push(error.message),
  });
}
const until = (expected: Record<string, string>) =>
  vi.waitFor(() => expect(Object.fromEntries(now)).toEqual(expected), { timeout: 3000, interval: 5 });
const settle = () => new Promise((resolve) => setTimeout(resolve, 150));

test('files that are there, come, change, are replaced and go', async () => {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'f1'), 'one');
  writeFileSync(join(directory, 'g1'), 'not wanted');
  start();
  await until({ f1: 'one' });
  writeFileSync(join(directory, 'f2'), 'two');
  await until({ f1: 'one', f2: 'two' });
  appendFileSync(join(directory, 'f2'), '!');
  await until({ f1: 'one', f2: 'two!' });
  writeFileSync(join(directory, 'g2'), 'ONE');
  renameSync(join(directory, 'g2'), join(directory, 'f1'));
  await until({ f1: 'ONE', f2: 'two!' });
  truncateSync(join(directory, 'f2'));
  await until({ f1: 'ONE', f2: '' });
  renameSync(join(directory, 'f1'), join(directory, 'f3'));
  await until({ f2: '', f3: 'ONE' });
  rmSync(join(directory, 'f2'));
  await until({ f3: 'ONE' });
  expect(problems).toEqual([]);
});

test('the directory is not there yet, goes, and comes back as another', async () => {
  start();
  await settle();
  mkdirSync(join(root, 'a'));
  await settle();
  mkdirSync(directory);
  writeFileSync(join(directory, 'f'), 'first');
  await until({ f: 'first' });
  renameSync(directory, join(root, 'old'));
  await until({});
  mkdirSync(directory);
  writeFileSync(join(directory, 'f'), 'second');
  await until({ f: 'second' });
  rmSync(directory, { recursive: true });
  await until({});
  mkdirSync(directory);
  await settle();
  writeFileSync(join(directory, 'f'), 'third');
  await until({ f: 'third' });
  expect(problems).toEqual([]);
});

test('a directory replaced by another one, by renames', async () => {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'f'), 'first');
  start();
  await until({ f: 'first' });
  mkdirSync(`${directory}.new`);
  writeFileSync(join(`${directory}.new`, 'f'), 'second');
  renameSync(directory, `${directory}.old`);
  renameSync(`${directory}.new`, directory);
  await until({ f: 'second' });
  writeFileSync(join(directory, 'f'), 'third');
  await until({ f: 'third' });
});

test('what is no file, or too long, is told once and holds nothing up', async () => {
  mkdirSync(directory, { recursive: true });
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  mkdirSync(join(directory, 'folder'));
  writeFileSync(join(directory, 'full'), '');
  truncateSync(join(directory, 'full'), 5 * 1024 * 1024);
  writeFileSync(join(directory, 'fine'), 'fine');
  start();
  await until({ fine: 'fine' });
  await vi.waitFor(() => expect(problems).toHaveLength(3));
  writeFileSync(join(directory, 'fine'), 'fine too');
  await until({ fine: 'fine too' });
  expect(problems).toHaveLength(3);
  writeFileSync(join(directory, 'full'), 'less');
  await until({ fine: 'fine too', full: 'less' });
});

test('the last of many changes is what is known', async () => {
  mkdirSync(directory, { recursive: true });
  start();
  for (let n = 0; n < 500; n++) {
    writeFileSync(join(directory, 'f'), `${n}`);
    if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 7));
  }
  await until({ f: '499' });
  expect(told.length).toBeLessThan(100);
});

test('nothing is told after the end', async () => {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'f'), 'text');
  start();
  files?.close();
  await settle();
  expect(told).toEqual([]);
});

test('tells when all has been looked at: at first, and when somebody wrote, maybe the same as before', async () => {
  let looked = 0;
  files = new WatchedFiles({
    directory,
    wanted: () => true,
    changed: (name, text) => void told.push(`${name} ${text}`),
    looked: () => void looked++,
    problem: (error) => problems.push(error.message),
  });
  await vi.waitFor(() => expect(looked).toBe(1));
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'f1'), 'one');
  await vi.waitFor(() => expect(told).toEqual(['f1 one']));
  await settle();
  const before = looked;
  expect(before).toBeGreaterThan(1);
  await settle();
  expect(looked).toBe(before);
  writeFileSync(join(root, 'new'), 'one');
  renameSync(join(root, 'new'), join(directory, 'f1'));
  await vi.waitFor(() => expect(looked).toBeGreaterThan(before));
  expect(told).toEqual(['f1 one']);
});
