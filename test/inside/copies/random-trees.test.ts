import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningCopies } from '../../../src/inside/copies/running-copies.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { isRoot } from '../../linux/process-tree.ts';
import { copyingProgram } from '../../support/build.ts';
import { listTree } from './listing.ts';
import { RootedMachine } from './rooted-machine.ts';

/** The same trees each time; with another number others. */
const USUAL = 6;
const RUNS = Number(process.env['RANDOM_TREES'] ?? USUAL);

const copies = new RunningCopies({ registry: new Registry(), program: watched(copyingProgram) });
let box: RootedMachine;

beforeAll(async () => {
  if (isRoot) box = await RootedMachine.start();
});
afterAll(() => {
  box?.stop();
  copies.close();
});

const kinds = ['file', 'file', 'directory', 'directory', 'link', 'fifo', 'hard', 'holes', 'node'] as const;

/** A step that makes one more file, in one of the directories that there are by then. */
const step = fc.record({
  kind: fc.constantFrom(...kinds),
  /** Which of what there is it is put into, or is a further name of. */
  where: fc.nat(100),
  /** Bytes, in hexadecimal. */
  name: fc
    .uint8Array({ minLength: 1, maxLength: 30 })
    .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))).toString('hex'))
    .filter((name) => name !== '2e' && name !== '2e2e'),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.integer({ min: 0, max: 100_000 }),
  gid: fc.integer({ min: 0, max: 100_000 }),
  /** Nanoseconds, within what ext4 can write down. */
  time: fc.bigInt({ min: -2_000_000_000n * 1_000_000_000n, max: 4_000_000_000n * 1_000_000_000n }).map(String),
  size: fc.integer({ min: 0, max: 200_000 }),
  attribute: fc.option(fc.string({ minLength: 1, maxLength: 20 }), { nil: null }),
});

/** Makes what the steps say, as far as it can be made: a name may be taken. */
const MAKE = `
import json, os, stat, sys
steps = json.loads(sys.argv[1])
os.mkdir('tree')
directories, files = [b'tree'], []
for step in steps:
    path = os.path.join(directories[step['where'] % len(directories)], bytes.fromhex(step['name']))
    kind = step['kind']
    try:
        if kind == 'directory': os.mkdir(path)
        elif kind == 'link': os.symlink(bytes.fromhex(step['name']) * 3, path)
        elif kind == 'fifo': os.mkfifo(path)
        elif kind == 'node': os.mknod(path, stat.S_IFCHR, os.makedev(step['size'] % 4096, step['where']))
        elif kind == 'hard': os.link(files[step['where'] % len(files)], path, follow_symlinks=False)
        else:
            with open(path, 'xb') as file:
                if kind == 'holes': file.truncate(step['size'] * 10); file.seek(step['size'])
                file.write(bytes.fromhex(step['name']) * (step['size'] // 40))
    except (FileExistsError, ZeroDivisionError): continue
    (directories if kind == 'directory' else files).append(path)
    os.lchown(path, step['uid'], step['gid'])
    if kind != 'link' and not stat.S_ISLNK(os.lstat(path).st_mode):
        os.chmod(path, step['mode'])
        if step['attribute'] and stat.S_IFMT(os.lstat(path).st_mode) in (stat.S_IFREG, stat.S_IFDIR):
            os.setxattr(path, 'user.' + step['attribute'].encode('utf-8', 'replace').hex(), path)
for path, step in zip(reversed(directories + files), steps * 2):
    os.utime(path, ns=(int(step['time']), int(step['time'])), follow_symlinks=False)
`;

import { watched } from '../../support/our-programs.ts';

describe.skipIf(!isRoot)('a tree of any files', () => {
  it('is as cp(1) copies it, and as it was', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const [tree, inside] = [join(box.host, 'tree'), join(box.root, 'data/tree')];
        for (const old of [tree, inside, join(box.host, 'cp')]) rmSync(old, { recursive: true, force: true });
        mkdirSync(box.host, { recursive: true });
        execFileSync('python3', ['-c', MAKE, JSON.stringify(steps)], {
          cwd: box.host,
          stdio: ['ignore', 'ignore', 'inherit'],
        });
        const request = { direction: 'to', source: tree, destination: '/data/tree', replace: false } as const;
        await copies.copy(box.machine, request, { uid: 0 });
        execFileSync('cp', ['-a', tree, join(box.host, 'cp')]);
        expect(listTree(inside)).toEqual(listTree(tree));
        expect(listTree(inside)).toEqual(listTree(join(box.host, 'cp')));
      }),
      { numRuns: RUNS, ...(RUNS === USUAL && { seed: 20_261_122 }) },
    );
  });
});
