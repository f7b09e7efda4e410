import { execFileSync, spawn } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningCopies } from '../../../src/inside/copies/running-copies.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { isRoot } from '../../linux/process-tree.ts';
import { copyingProgram } from '../../support/build.ts';
import { childrenRunning } from '../../support/child-processes.ts';
import { Conversation, watched } from '../../support/our-programs.ts';
import { python } from './listing.ts';
import { RootedMachine } from './rooted-machine.ts';

const registry = new Registry();
const copies = new RunningCopies({ registry, program: watched(copyingProgram) });
let box: RootedMachine;

beforeAll(async () => {
  if (!isRoot) return;
  box = await RootedMachine.start({ mounts: 'mkdir small; mount -t tmpfs -o size=1m,nr_inodes=100 tmpfs small' });
  registry.add(box.machine);
});
afterAll(() => {
  box?.stop();
  copies.close();
});

const failure = (errnoName: string) => expect.objectContaining({ code: 'system-failure', errnoName });
/** A copy of a file that never ends: what comes from the kernel's log comes whenever it likes. */
const endless = { direction: 'to', source: '/proc/kmsg', replace: false } as const;
const processes = (): number[] => childrenRunning(copyingProgram);

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 20) {
    if (waited > 30_000) throw new Error('this does not come to be');
    await sleep(20);
  }
}

describe.skipIf(!isRoot)('a copy that fails', () => {
  it('for want of space leaves nothing of itself, and what was there', async () => {
    const small = `/proc/${box.machine.leader.pid}/root/small`;
    writeFileSync(join(box.host, 'large'), Buffer.alloc(3 << 20, 'x'));
    mkdirSync(join(box.host, 'tree/deep/er'), { recursive: true });
    for (const name of ['tree/a', 'tree/deep/a', 'tree/deep/er/a']) writeFileSync(join(box.host, name), name);
    execFileSync('cp', [join(box.host, 'large'), join(box.host, 'tree/deep/er/b')]);
    writeFileSync(join(small, 'old'), 'old');
    const copy = (source: string, name: string, replace = false) =>
      copies.copy(
        box.machine,
        { direction: 'to', source: join(box.host, source), destination: `/small/${name}`, replace },
        { uid: 0 },
      );
    await expect(copy('large', 'large')).rejects.toThrow('No space left on device: large');
    await expect(copy('large', 'old', true)).rejects.toEqual(failure('ENOSPC'));
    await expect(copy('tree', 'tree')).rejects.toThrow('No space left on device: tree/deep/er/b');
    expect(readdirSync(small)).toEqual(['old']);
    expect(readFileSync(join(small, 'old'), 'utf8')).toBe('old');
    // Into a directory that is there what is whole stays.
    mkdirSync(join(small, 'there'));
    await expect(copy('tree', 'there')).rejects.toEqual(failure('ENOSPC'));
    for (const [directory, names] of walk(join(small, 'there'))) {
      expect(
        names.filter((name) => name.startsWith('.mymachines')),
        directory,
      ).toEqual([]);
    }
  });

  it('for want of inodes leaves nothing of itself', async () => {
    const many = join(box.host, 'many');
    mkdirSync(many);
    for (let index = 0; index < 200; index++) writeFileSync(join(many, `${index}`), '');
    const request = { direction: 'to', source: many, destination: '/small/many', replace: false } as const;
    await expect(copies.copy(box.machine, request, { uid: 0 })).rejects.toEqual(failure('ENOSPC'));
    expect(existsSync(`/proc/${box.machine.leader.pid}/root/small/many`)).toBe(false);
    expect(readdirSync(`/proc/${box.machine.leader.pid}/root/small`).filter((name) => name.startsWith('.'))).toEqual(
      [],
    );
  });

  it('because its caller leaves ends, and leaves nothing of itself', async () => {
    const left = new AbortController();
    const copying = copies.copy(box.machine, { ...endless, destination: '/data/kmsg' }, { uid: 0, left: left.signal });
    const rejected = expect(copying).rejects.toEqual(failure('ECANCELED'));
    await until(() => readdirSync(join(box.root, 'data')).some((name) => name.startsWith('.mymachines-copy-')));
    left.abort();
    await rejected;
    expect(readdirSync(join(box.root, 'data'))).toEqual([]);
    expect(processes()).toEqual([]);
  });

  it('because its machine ends or is removed from the registry ends, and leaves nothing of itself', async () => {
    const other = await RootedMachine.start();
    registry.add(other.machine);
    const copy = (name: string) => copies.copy(other.machine, { ...endless, destination: `/data/${name}` }, { uid: 0 });
    const one = expect(copy('one')).rejects.toEqual(failure('ESRCH'));
    await until(() => readdirSync(join(other.root, 'data')).length === 1);
    registry.remove(other.machine.name);
    await one;
    expect(readdirSync(join(other.root, 'data'))).toEqual([]);
    const another = expect(copy('another')).rejects.toEqual(failure('ESRCH'));
    await until(() => readdirSync(join(other.root, 'data')).length === 1);
    other.end();
    await another;
    expect(readdirSync(join(other.root, 'data'))).toEqual([]);
    await expect(copy('third')).rejects.toEqual(failure('ESRCH'));
    other.stop();
    expect(processes()).toEqual([]);
  });

  it('because whoever has started it is gone takes away what it has begun', async () => {
    const job = JSON.stringify({ ...endless, destination: '/data/kmsg', leader: box.machine.leader });
    const program = new Conversation((input) => {
      spawn(process.execPath, [copyingProgram], { stdio: [input, 'ignore', 'inherit'] });
    }, job);
    await until(() => readdirSync(join(box.root, 'data')).length === 1);
    program.leave();
    await until(() => readdirSync(join(box.root, 'data')).length === 0);
  });
});

describe.skipIf(!isRoot)('copies at one time', () => {
  it('are as many as with systemd-machined, of one user fewer, and each gets its turn', async () => {
    const left = new AbortController();
    const start = (uid: number, name: string) => {
      const copying = copies.copy(
        box.machine,
        { ...endless, destination: `/data/${name}` },
        { uid, left: left.signal },
      );
      return copying.then(
        () => 'done',
        ({ code, errnoName = code }) => errnoName as string,
      );
    };
    setMaxListeners(0, left.signal);
    const ofUser = Array.from({ length: 20 }, (_, index) => start(1000, `u${index}`));
    const ofRoot = Array.from({ length: 50 }, (_, index) => start(0, `r${index}`));
    await expect(Promise.all(ofUser.slice(16))).resolves.toEqual(Array(4).fill('too-many-operations'));
    await expect(Promise.all(ofRoot.slice(48))).resolves.toEqual(Array(2).fill('too-many-operations'));
    // Of one machine, whose file system may be the reason that they do not end.
    await until(() => readdirSync(join(box.root, 'data')).length >= 8);
    expect(processes().length).toBe(8);
    left.abort();
    const outcomes = await Promise.all([...ofUser.slice(0, 16), ...ofRoot.slice(0, 48)]);
    expect(outcomes).toEqual(Array(64).fill('ECANCELED'));
    expect(readdirSync(join(box.root, 'data'))).toEqual([]);
    expect(processes()).toEqual([]);
  });

  it('leave a place for root, whatever users have begun in whatever machines', async () => {
    const others = [await RootedMachine.start(), await RootedMachine.start()];
    const left = new AbortController();
    setMaxListeners(0, left.signal);
    const outcomes = [box, ...others].flatMap(({ machine }, index) =>
      Array.from({ length: 16 }, (_, number) => {
        const request = { ...endless, destination: `/data/u${number}` };
        return copies
          .copy(machine, request, { uid: 1000 + index, left: left.signal })
          .catch(({ errnoName }) => errnoName);
      }),
    );
    await until(() => processes().length === 12);
    const more = { ...endless, destination: '/data/more' };
    await expect(copies.copy(box.machine, more, { uid: 1003 })).rejects.toMatchObject({ code: 'too-many-operations' });
    writeFileSync(join(box.host, 'one'), 'one');
    const [, other] = others as [RootedMachine, RootedMachine];
    const request = {
      direction: 'to',
      source: join(box.host, 'one'),
      destination: '/data/one',
      replace: false,
    } as const;
    await copies.copy(other.machine, request, { uid: 0 });
    expect(readFileSync(join(other.root, 'data/one'), 'utf8')).toBe('one');
    expect(processes().length).toBe(12);
    left.abort();
    expect(await Promise.all(outcomes)).toEqual(Array(48).fill('ECANCELED'));
    for (const machine of others) machine.stop();
  });
});

describe.skipIf(!isRoot)('a tree', () => {
  it('of twenty thousand files in a directory is copied', { timeout: 120_000 }, async () => {
    python(
      box.host,
      `
import os
os.mkdir('wide')
for index in range(20_000): os.mknod(f'wide/{index}')
`,
    );
    const progress: number[] = [];
    const request = {
      direction: 'to',
      source: join(box.host, 'wide'),
      destination: '/data/wide',
      replace: false,
    } as const;
    await copies.copy(box.machine, request, { uid: 0, onProgress: ({ files }) => progress.push(files) });
    expect(readdirSync(join(box.root, 'data/wide')).length).toBe(20_000);
    // The directory is one, too.
    expect(progress.at(-1)).toBe(20_001);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  it.each([
    [1000, undefined],
    [3000, 'ENAMETOOLONG'],
  ])('of %i directories in one another ends as %s', { timeout: 60_000 }, async (depth, errnoName) => {
    python(
      box.host,
      `
import os
os.mkdir('deep${depth}'); os.chdir('deep${depth}')
for index in range(${depth} - 1): os.mkdir('a' * 20); os.chdir('a' * 20)
`,
    );
    const request = {
      direction: 'to',
      source: join(box.host, `deep${depth}`),
      destination: `/data/deep${depth}`,
      replace: false,
    } as const;
    const copying = copies.copy(box.machine, request, { uid: 0 });
    if (errnoName === undefined) {
      await copying;
      const levels = execFileSync('find', ['.', '-type', 'd'], {
        cwd: join(box.root, `data/deep${depth}`),
        maxBuffer: 1e9,
      });
      expect(levels.toString().trim().split('\n').length).toBe(depth);
    } else {
      await expect(copying).rejects.toEqual(failure(errnoName));
      expect(existsSync(join(box.root, `data/deep${depth}`))).toBe(false);
      expect(readdirSync(join(box.root, 'data')).filter((name) => name.startsWith('.'))).toEqual([]);
    }
    execFileSync('rm', ['-rf', join(box.host, `deep${depth}`), join(box.root, `data/deep${depth}`)]);
  });

  it('that is all holes and says to be of any size takes no space', async () => {
    execFileSync('truncate', ['-s', '1T', join(box.host, 'holes')]);
    const request = {
      direction: 'to',
      source: join(box.host, 'holes'),
      destination: '/data/holes',
      replace: false,
    } as const;
    await copies.copy(box.machine, request, { uid: 0 });
    expect(statSync(join(box.root, 'data/holes'))).toMatchObject({ size: 2 ** 40, blocks: 0 });
  });
});

/** Directories below one, with the names in each. */
function walk(directory: string): [string, string[]][] {
  const entries = readdirSync(directory, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => walk(join(directory, name)));
  return [[directory, entries.map(({ name }) => name)], ...below];
}
