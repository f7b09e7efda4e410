import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { straceUnavailable } from '../../daemon/keeping/strace.ts';
import { RootedMachine } from './rooted-machine.ts';
import { StoppedCopy } from './stopped-copy.ts';

const unavailable = straceUnavailable();
/** Of a user of the host whom the machine does not have. */
const FOREIGN = 1234;
let box: RootedMachine;

beforeAll(async () => {
  if (unavailable !== undefined) return console.warn(`skipped: ${unavailable}`);
  box = await RootedMachine.start({ maps: '0 100000 1000' });
  const tree = join(box.host, 'tree');
  mkdirSync(join(tree, 'below'), { recursive: true });
  execFileSync('mkfifo', [join(box.host, 'fifo')]);
  execFileSync('mknod', [join(box.host, 'device'), 'c', '1', '3']);
  symlinkSync('target', join(box.host, 'link'));
});
afterAll(() => box?.stop());
beforeEach(() => {
  if (unavailable !== undefined) return;
  execFileSync('rm', ['-rf', data()]);
  mkdirSync(data('foreign'), { recursive: true });
});

const data = (...names: string[]): string => join(box.root, 'data', ...names);
/** What the copy has made. */
const made = (): string => {
  const name = readdirSync(data()).find((each) => each.startsWith('.mymachines-copy-'));
  if (name === undefined) throw new Error('nothing has been made');
  return data(name);
};
/** What was there already, and is not the machine's: that must stay so. */
const foreign = (make: (path: string) => void, name = 'it'): string => {
  const path = data('foreign', name);
  make(path);
  execFileSync('chown', ['-hR', `${FOREIGN}:${FOREIGN}`, path]);
  return path;
};
const isForeign = (path: string): void => expect(lstatSync(path)).toMatchObject({ uid: FOREIGN, gid: FOREIGN });
const start = (name: string, call: string, when?: number) => {
  const request = { direction: 'to', source: join(box.host, name), destination: '/data/new', replace: false } as const;
  return StoppedCopy.start(box.machine, request, call, when);
};
const mkfifo = (path: string) => execFileSync('mkfifo', ['-m', '600', path]);
const filled = (path: string) => {
  mkdirSync(path);
  writeFileSync(join(path, 'file'), 'kept');
};

describe.skipIf(unavailable !== undefined)('what somebody puts in the place of what was just made', () => {
  it.each([
    ['fifo', 'mknodat', mkfifo],
    ['device', 'mknodat', (path: string) => execFileSync('mknod', ['-m', '600', path, 'c', '1', '3'])],
    ['link', 'symlinkat', (path: string) => symlinkSync('target', path)],
  ])('is given to nobody: a %s of another user', async (name, call, make) => {
    const theirs = foreign(make);
    const copy = await start(name, call);
    renameSync(theirs, made());
    expect(await copy.goOn()).toMatchObject({ errnoName: 'ESTALE' });
    expect(existsSync(data('new'))).toBe(false);
  });

  it('is given to nobody: a device that is another', async () => {
    const copy = await start('device', 'mknodat');
    const other = data('other');
    execFileSync('mknod', ['-m', '600', other, 'c', '1', '5']);
    execFileSync('chown', ['100000:100000', other]);
    renameSync(other, made());
    expect(await copy.goOn()).toMatchObject({ errnoName: 'ESTALE' });
  });

  it('is given to nobody: what is mounted over it', async () => {
    const theirs = foreign(mkfifo);
    const copy = await start('fifo', 'mknodat');
    const leader = `${box.machine.leader.pid}`;
    const inside = (path: string) => join('/data', path);
    const [from, to] = [inside('foreign/it'), inside(basename(made()))];
    execFileSync('nsenter', ['-t', leader, '-m', '--root', '--', 'mount', '--bind', from, to]);
    expect(await copy.goOn()).toMatchObject({ errnoName: 'EXDEV' });
    isForeign(theirs);
  });

  it('is not filled: a directory of another user, or one with something in it', async () => {
    for (const own of [false, true]) {
      const theirs = foreign(filled);
      if (own) execFileSync('chown', ['-R', '100000:100000', theirs]);
      const copy = await start('tree', 'mkdirat');
      const place = made();
      rmdirSync(place);
      renameSync(theirs, place);
      expect(await copy.goOn()).toMatchObject({ errnoName: 'ESTALE' });
      expect(lstatSync(place).uid).toBe(own ? 100_000 : FOREIGN);
      expect(readdirSync(place)).toEqual(['file']);
      execFileSync('rm', ['-r', place]);
    }
  });

  it('is not removed when the copy fails', async () => {
    const theirs = foreign(filled);
    const copy = await start('tree', 'mkdirat', 2);
    const place = made();
    rmdirSync(join(place, 'below'));
    renameSync(place, data('elsewhere'));
    renameSync(theirs, place);
    expect(await copy.goOn()).toMatchObject({ errnoName: 'ENOENT' });
    isForeign(place);
    expect(readFileSync(join(place, 'file'), 'utf8')).toBe('kept');
  });

  it('is not removed when the copy fails: in what it has made, where only root of the host could', async () => {
    const theirs = foreign(filled);
    const copy = await start('tree', 'mkdirat', 2);
    const place = made();
    rmdirSync(join(place, 'below'));
    renameSync(theirs, join(place, 'theirs'));
    filled(join(place, 'own'));
    execFileSync('chown', ['-R', '100000:100000', join(place, 'own')]);
    expect(await copy.goOn()).toMatchObject({ errnoName: 'ENOENT' });
    isForeign(join(place, 'theirs/file'));
    expect(readdirSync(place)).toEqual(['theirs']);
  });
});
