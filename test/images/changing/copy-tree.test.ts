import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { cloneCompanions } from '../../../src/images/changing/companions.ts';
import { CopyTrees } from '../../../src/images/changing/copy-tree.ts';
import { Host } from '../../../src/images/changing/host.ts';
import { makeTemporary, sweep } from '../../../src/images/changing/temporary.ts';
import { createFile, makeDirectory, openDirectory } from '../../../src/linux/files/directory-files.ts';
import { openPipe } from '../../../src/linux/pipe.ts';

/** Directories of these names are removed before it is looked at where they are. */
const going = new Set<string>();
vi.mock(import('../../../src/linux/files/directory-files.ts'), async (importOriginal) => {
  const original = await importOriginal();
  const openOwnDirectory: typeof original.openOwnDirectory = (directory, name) => {
    if (going.has(name.toString())) rmSync(`/proc/self/fd/${directory}/${name}`, { recursive: true });
    return original.openOwnDirectory(directory, name);
  };
  return { ...original, openOwnDirectory };
});

const root = mkdtempSync(join(tmpdir(), 'mymachines-copy-tree-'));
const pool = join(root, 'var/lib/machines');
afterEach(() => rmSync(root, { recursive: true }));

it('leaves out a directory that goes while a tree is copied', () => {
  for (const name of ['from/a', 'from/gone/x', 'from/z', 'to']) mkdirSync(join(root, name), { recursive: true });
  const [from, to] = [openSync(join(root, 'from'), 'r'), openSync(join(root, 'to'), 'r')];
  const wanted = openPipe();
  going.add('gone');
  new CopyTrees(wanted[0]).copyTree(from, to);
  expect(readdirSync(join(root, 'to')).sort()).toEqual(['a', 'z']);
  for (const descriptor of [from, to, ...wanted]) closeSync(descriptor);
});

it('holds what it copies of an image against who takes away what others have left', () => {
  mkdirSync(pool, { recursive: true });
  for (const name of ['web', 'web.nspawn']) writeFileSync(join(pool, name), name);
  const host = new Host(root);
  const place = host.placeOf({ path: '/var/lib/machines/web' });
  const under: string[] = [];
  cloneCompanions(host, place, 'web', host.pool(), 'new', (_, to) => {
    sweep(host);
    under.push(...readdirSync(pool).filter((name) => name.startsWith('.#mymachines-')));
    writeFileSync(to, 'copied');
  });
  expect(under.length).toBe(1);
  expect(readdirSync(pool).sort()).toEqual(['new.nspawn', 'web', 'web.nspawn']);
});

it('makes anew what somebody takes away before it is held', () => {
  mkdirSync(pool, { recursive: true });
  const host = new Host(root);
  const directory = host.pool();
  const ways: ((name: Buffer) => () => number)[] = [
    (name) => {
      const made = createFile(directory, name);
      return () => made;
    },
    (name) => {
      makeDirectory(directory, name);
      return () => openDirectory(directory, name);
    },
  ];
  for (const make of ways) {
    let count = 0;
    const { name, descriptor } = makeTemporary(directory, (temporary) => {
      const opened = make(temporary);
      if (++count < 3) sweep(host);
      return opened();
    });
    expect(count).toBe(3);
    expect(readdirSync(pool).filter((each) => each.startsWith('.#mymachines-'))).toEqual([name.toString()]);
    closeSync(descriptor);
    sweep(host);
  }
  closeSync(directory);
});
