import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningCopies } from '../../../src/inside/copies/running-copies.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { isRoot } from '../../linux/process-tree.ts';
import { copyingProgram } from '../../support/build.ts';
import { watched } from '../../support/our-programs.ts';
import { RootedMachine } from './rooted-machine.ts';

const copies = new RunningCopies({ registry: new Registry(), program: watched(copyingProgram) });
let box: RootedMachine;

beforeAll(async () => {
  if (isRoot) box = await RootedMachine.start();
});
afterAll(() => {
  box?.stop();
  copies.close();
});

function copyTo(name: string, destination: string, replace = false): Promise<void> {
  const request = { direction: 'to', source: join(box.host, name), destination, replace } as const;
  return copies.copy(box.machine, request, { uid: 0 });
}
const host = (name: string): string => join(box.host, name);
const inside = (name: string): string => join(box.root, 'data', name);
const text = (name: string): string => readFileSync(inside(name), 'utf8');
const failure = (errnoName: string) => expect.objectContaining({ code: 'system-failure', errnoName });

// What is expected here is what systemd-machined 262 does, which test/lab/copies.test.ts asks it.
describe.skipIf(!isRoot)('where something is already', () => {
  beforeAll(() => {
    writeFileSync(host('one'), 'one');
    mkdirSync(host('tree/below'), { recursive: true });
    writeFileSync(host('tree/file'), 'new');
    writeFileSync(host('tree/below/file'), 'new below');
    symlinkSync('one', host('link'));
  });

  it('a file stays as it is, unless it is to be replaced', async () => {
    writeFileSync(inside('file'), 'old');
    await expect(copyTo('one', '/data/file')).rejects.toEqual(failure('EEXIST'));
    expect(text('file')).toBe('old');
    await copyTo('one', '/data/file', true);
    expect(text('file')).toBe('one');
  });

  it('a link is replaced, and not what it leads to', async () => {
    symlinkSync('file', inside('to-file'));
    await expect(copyTo('one', '/data/to-file')).rejects.toEqual(failure('EEXIST'));
    await copyTo('link', '/data/to-file', true);
    await copyTo('one', '/data/to-file', true);
    expect(text('to-file')).toBe('one');
  });

  it('a directory never gives way to a file', async () => {
    mkdirSync(inside('directory'));
    for (const replace of [false, true]) {
      await expect(copyTo('one', '/data/directory', replace)).rejects.toEqual(failure('EEXIST'));
      await expect(copyTo('one', '/data/directory/', replace)).rejects.toEqual(failure('EEXIST'));
    }
  });

  it('a file never gives way to a directory, and a link to one is none', async () => {
    symlinkSync('directory', inside('to-directory'));
    for (const replace of [false, true]) {
      await expect(copyTo('tree', '/data/file', replace)).rejects.toEqual(failure('ENOTDIR'));
      await expect(copyTo('tree', '/data/to-directory', replace)).rejects.toEqual(failure('ENOTDIR'));
    }
  });

  it('directories are filled up, and keep their modes and what is in them', async () => {
    mkdirSync(inside('tree'), { mode: 0o700 });
    writeFileSync(inside('tree/file'), 'mine');
    mkdirSync(inside('tree/other'));
    await copyTo('tree', '/data/tree');
    expect(text('tree/file')).toBe('mine');
    expect(text('tree/below/file')).toBe('new below');
    expect(statSync(inside('tree')).mode).toBe(0o40700);
    await copyTo('tree', '/data/tree', true);
    expect(text('tree/file')).toBe('new');
    expect(readdirSync(inside('tree')).sort()).toEqual(['below', 'file', 'other']);
  });

  it('a directory in the place of a file of the tree is left, and the others are copied', async () => {
    mkdirSync(inside('partly/file'), { recursive: true });
    await copyTo('tree', '/data/partly', true);
    expect(statSync(inside('partly/file')).isDirectory()).toBe(true);
    expect(text('partly/below/file')).toBe('new below');
  });

  it('a directory that is there keeps its times where nothing is put into it', async () => {
    mkdirSync(inside('full/below'), { recursive: true });
    for (const name of ['full/file', 'full/below/file']) writeFileSync(inside(name), 'there');
    utimesSync(inside('full'), 1000, 1000);
    await copyTo('tree', '/data/full');
    expect(statSync(inside('full')).mtimeMs).toBe(1_000_000);
  });

  it('a tree goes into a directory below itself, without what is copied', async () => {
    mkdirSync(inside('self'));
    writeFileSync(inside('self/file'), 'x');
    const request = {
      direction: 'to',
      source: inside('self'),
      destination: '/data/self/again',
      replace: false,
    } as const;
    await copies.copy(box.machine, request, { uid: 0 });
    expect(readdirSync(inside('self/again'))).toEqual(['file']);
  });
});

describe.skipIf(!isRoot)('where something is missing', () => {
  it.each([
    ['nothing', '/data/nothing', 'ENOENT'],
    ['one', '/data/no/such', 'ENOENT'],
    ['one/below', '/data/nothing', 'ENOTDIR'],
    ['one', '/data/file/below', 'ENOTDIR'],
    ['one', '/', 'EADDRNOTAVAIL'],
  ])('%s to %s is %s', async (source, destination, errnoName) => {
    await expect(copyTo(source, destination)).rejects.toEqual(failure(errnoName));
    expect(existsSync(inside('nothing'))).toBe(false);
  });

  it('the error names the file', async () => {
    await expect(copyTo('nothing', '/data/nothing')).rejects.toThrow('No such file or directory: nothing');
    await expect(copyTo('one', '/data/no/such')).rejects.toThrow('No such file or directory: /data/no');
  });

  it('a slash after the name of a file means nothing', async () => {
    const request = {
      direction: 'to',
      source: `${host('one')}/`,
      destination: '/data/slash/',
      replace: false,
    } as const;
    await copies.copy(box.machine, request, { uid: 0 });
    expect(text('slash')).toBe('one');
  });
});
