import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningCopies } from '../../../src/inside/copies/running-copies.ts';
import type { CopyRequest } from '../../../src/machine/inside-operations.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { isRoot } from '../../linux/process-tree.ts';
import { copyingProgram } from '../../support/build.ts';
import { python } from './listing.ts';
import { RootedMachine } from './rooted-machine.ts';

const ROUNDS = Number(process.env['SWAPPING_ROUNDS'] ?? 15);
const SECRET = 'a secret of the host';

const copies = new RunningCopies({ registry: new Registry(), program: watched(copyingProgram) });
let box: RootedMachine;
let swapping: ChildProcess | undefined;

beforeAll(async () => {
  if (isRoot) box = await RootedMachine.start();
});
afterAll(() => {
  swapping?.kill('SIGKILL');
  box?.stop();
  copies.close();
});

/**
 * Puts links to a directory of the host in the place of directories, and back, as fast as it goes: of each kind that
 * could lead out if anybody followed it.
 */
const SWAP = `
import os, sys, ctypes, signal
os.nice(5)
libc = ctypes.CDLL(None, use_errno=True)
base, outside, watched = sys.argv[1:]
os.chdir(base)
swaps = 0
def exchange(a, b):
    global swaps
    swaps += libc.renameat2(-100, os.fsencode(a), -100, os.fsencode(b), 2) == 0
def end(*_):
    print(swaps, flush=True)
    os._exit(0)
signal.signal(signal.SIGTERM, end)
count = 0
targets = [outside, '../' * 20 + outside, '/proc/1/root' + outside]
for index, target in enumerate(targets): os.symlink(target, f'out{index}')
os.symlink(outside + '/secret', 'outfile')
print('ready', flush=True)
while True:
    names = os.listdir(watched) if os.path.isdir(watched) and not os.path.islink(watched) else []
    count += 1
    out = f'out{count % 3}'
    for name in names[:2] + ([] if watched == '.' else [os.path.basename(watched)]):
        if name.startswith('out'): continue
        path = name if watched == '.' else os.path.join(watched, name) if name in names else watched
        for other in (out, 'outfile'):
            try:
                exchange(path, other)
                exchange(path, other)
                for below in os.listdir(path)[:2]:
                    exchange(os.path.join(path, below), other); exchange(os.path.join(path, below), other)
            except OSError: pass
`;

async function swap(base: string, watched: string): Promise<() => Promise<number>> {
  const child = spawn('python3', ['-c', SWAP, base, join(box.host, 'outside'), watched], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  swapping = child;
  const said = (): Promise<unknown> => new Promise((resolve) => child.stdout?.once('data', resolve));
  await said();
  // How often it has.
  return async () => {
    child.kill('SIGTERM');
    return Number(await said());
  };
}

/** What came of the copies: done, or the names of errors. */
async function copyAgain(
  requestOf: (round: number) => CopyRequest,
  check: (round: number) => void,
): Promise<Set<string>> {
  const outcomes = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const copying = copies.copy(box.machine, requestOf(round), { uid: 0 });
    outcomes.add(await copying.then(() => 'done').catch(({ errnoName, message }) => errnoName ?? message));
    check(round);
  }
  return outcomes;
}

const outsideNow = (): string =>
  readdirSync(join(box.host, 'outside'))
    .sort()
    .map((name) => {
      const { mode, uid, mtimeMs, size, nlink, ctimeMs } = lstatSync(join(box.host, 'outside', name));
      return [name, mode, uid, mtimeMs, size, nlink, ctimeMs].join();
    })
    .join(';') + lstatSync(join(box.host, 'outside')).ctimeMs;

const MAKE_TREE = `
import os
os.mkdir('tree')
for a in range(6):
    for b in range(3):
        os.makedirs(f'tree/{a}/{b}')
        for name in ['secret', 'other', 'third']:
            with open(f'tree/{a}/{b}/{name}', 'w') as file: file.write('of the tree')
`;

import { watched } from '../../support/our-programs.ts';

describe.skipIf(!isRoot)('while somebody in the machine swaps directories for links that lead out', () => {
  beforeAll(() => {
    mkdirSync(join(box.host, 'outside/below'), { recursive: true });
    for (const name of ['secret', 'other']) writeFileSync(join(box.host, 'outside', name), SECRET, { mode: 0o600 });
  });

  it('nothing outside is copied out of the machine', { timeout: 120_000 }, async () => {
    python(join(box.root, 'data'), MAKE_TREE);
    const stop = await swap(join(box.root, 'data'), 'tree');
    const before = outsideNow();
    let files = 0;
    const outcomes = await copyAgain(
      (round) => ({
        direction: 'from',
        source: '/data/tree',
        destination: join(box.host, `got${round}`),
        replace: false,
      }),
      (round) => {
        for (const file of filesBelow(join(box.host, `got${round}`))) {
          files++;
          expect(readFileSync(file, 'utf8'), file).toBe('of the tree');
        }
        rmSync(join(box.host, `got${round}`), { recursive: true, force: true });
      },
    );
    expect(await stop()).toBeGreaterThan(1000);
    expect(outsideNow()).toBe(before);
    expect(files).toBeGreaterThan(0);
    expect([...outcomes].filter((outcome) => !['done', 'ENOTDIR', 'ENOENT', 'ELOOP'].includes(outcome))).toEqual([]);
    rmSync(join(box.root, 'data'), { recursive: true });
    mkdirSync(join(box.root, 'data'));
  });

  it('nothing outside is written to', { timeout: 120_000 }, async () => {
    python(box.host, MAKE_TREE);
    const stop = await swap(join(box.root, 'data'), '.');
    const before = outsideNow();
    const outcomes = await copyAgain(
      (round) => ({
        direction: 'to',
        source: join(box.host, 'tree'),
        destination: `/data/${round % 2 === 0 ? 'same' : `got${round}`}`,
        replace: round % 4 === 0,
      }),
      () => expect(outsideNow()).toBe(before),
    );
    expect(await stop()).toBeGreaterThan(1000);
    // It was swapped, and the copies noticed, or went on with what was theirs.
    expect(existsSync(join(box.host, 'outside/below/tree'))).toBe(false);
    expect(readdirSync(join(box.host, 'outside')).sort()).toEqual(['below', 'other', 'secret']);
    expect([...outcomes].filter((outcome) => /internal|Too many/.test(outcome))).toEqual([]);
  });
});

/** Regular files, also in directories below. */
function filesBelow(directory: string): string[] {
  if (!existsSync(directory) || !lstatSync(directory).isDirectory()) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}
