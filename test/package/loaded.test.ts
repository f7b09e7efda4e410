import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compiledMain } from '../support/build.ts';

// What is not loaded costs no time at the start and no memory. How many files it is, and not how long it takes, since
// that is the same on any machine.

const directory = mkdtempSync(join(tmpdir(), 'mymachines-loaded-'));
const preload = join(directory, 'preload.cjs');
const list = join(directory, 'list');

beforeAll(() => {
  const write = `require('node:fs').writeFileSync(${JSON.stringify(list)}, Object.keys(require.cache).join('\\n'))`;
  writeFileSync(preload, `process.on('exit', () => ${write});`);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** The files of ours and of packages that a command has loaded in the end; it is ended when it says that it is ready. */
async function loaded(...words: readonly string[]): Promise<string[]> {
  const runtime = ['--runtime-dir', join(directory, 'run')];
  const child = spawn(process.execPath, ['-r', preload, compiledMain, ...words, ...runtime], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes(' ready ')) child.kill('SIGTERM');
  });
  await once(child, 'exit');
  const files = readFileSync(list, 'utf8').split('\n');
  expect(files).toContain(compiledMain);
  return files.filter((file) => file !== preload);
}

it('by a daemon is few files, and nothing that it was not asked for', { timeout: 30_000 }, async () => {
  const files = await loaded('serve', '--bus', 'none');
  expect(files.length).toBeLessThan(25);
  expect(files.filter((file) => /koffi/.test(file))).not.toEqual([]);
  expect(files.filter((file) => /\/(dns|mirror|check)\.js$/.test(file))).toEqual([]);
  expect(await loaded('serve', '--bus', 'none', '--dns', '127.0.0.1:15353')).toContainEqual(
    expect.stringMatching(/\/dns\.js$/),
  );
});

it('by a command that asks the daemon is little, and no native code', { timeout: 30_000 }, async () => {
  const files = await loaded('list');
  expect(files.length).toBeLessThan(12);
  expect(files.filter((file) => /koffi|\/(serve|dns|mirror|check)\.js$/.test(file))).toEqual([]);
});
