import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ImageReader } from '../../src/images/reading/image-reader.ts';
import { openDescriptors } from '../linux/descriptors.ts';
import { isRoot } from '../linux/process-tree.ts';
import { imageReadingProgram } from '../support/build.ts';
import { childrenOf } from '../support/child-processes.ts';
import { answering, watched } from '../support/our-programs.ts';
import { sampleImage } from './fixed-images.ts';

/** Whoever is asked for. */
const root = { uid: 0 };
const user = { uid: 1000 };

const directory = mkdtempSync(join(tmpdir(), 'mymachines-images-'));
const made: ImageReader[] = [];

/** @param source of the program that the processes run, instead of the real one */
function reader(source?: string): ImageReader {
  const path = join(directory, 'program.cjs');
  if (source !== undefined) writeFileSync(path, source);
  const one = new ImageReader(watched(source === undefined ? imageReadingProgram : path));
  made.push(one);
  return one;
}

let before: Map<number, string>;
beforeEach(() => {
  before = openDescriptors();
});
afterEach(async () => {
  vi.useRealTimers();
  for (const one of made.splice(0)) one.close();
  await vi.waitFor(() => expect(openDescriptors()).toEqual(before), { timeout: 5000, interval: 20 });
});
afterAll(() => rmSync(directory, { recursive: true }));

const children = (): number[] => childrenOf(process.pid);

/** Also while there is no time. */
async function untilStarted(): Promise<void> {
  while (children().length === 0) await new Promise(setImmediate);
}

describe('the images of this host', () => {
  it('has the host among them, by both ways', async () => {
    const images = reader();
    const host = await images.find('.host', root);
    expect(host).toMatchObject({ name: '.host', path: '/', readOnly: true });
    expect((await images.list(root)).find(({ name }) => name === '.host')).toEqual(host);
    const names = (await images.list(root)).map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(await images.pool(root)).toMatchObject({ path: '/var/lib/machines' });
    const { machineId, osRelease } = await images.metadata(host, root);
    if (isRoot) expect(machineId).toBe(readFileSync('/etc/machine-id', 'utf8').trim() || undefined);
    expect(osRelease.find((field) => field.startsWith('ID='))).toMatch(/^ID=[a-z]+$/);
  });

  it('has none of a name that is none', async () => {
    const images = reader();
    const missing = expect.objectContaining({ code: 'no-such-image' });
    for (const name of ['no-such-image-here', 'a/b', '..', '', '.#x']) {
      await expect(images.find(name, root)).rejects.toEqual(missing);
    }
  });
});

describe('what an image says of itself', () => {
  /** A tree with these files in it, and those that `sh` makes. */
  function tree(files: Readonly<Record<string, string | Buffer>>, more?: (path: string) => void) {
    const path = mkdtempSync(join(directory, 'tree-'));
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(path, name, '..'), { recursive: true });
      writeFileSync(join(path, name), content);
    }
    more?.(path);
    return sampleImage('tree', { path });
  }
  const read = (files: Readonly<Record<string, string | Buffer>>, more?: (path: string) => void) =>
    reader().metadata(tree(files, more), root);

  it('is nothing where there are no files', async () => {
    expect(await read({})).toEqual({ machineInfo: [], osRelease: [] });
  });

  // What systemd 262 answered (GetImageHostname).
  it.each([
    ['abc\n', 'abc'],
    ['# x\nabc\n', 'abc'],
    [' abc \n', 'abc'],
    ['a_b\n', 'ab'],
    ['abc.\n', 'abc'],
    ['a b\n', 'ab'],
    ['\n\nx\n', 'x'],
    ['Ünï\n', 'n'],
    ['\n', undefined],
    ['x?-??\n', 'x?-??'],
    ['x'.repeat(65), 'x'.repeat(64)],
  ])('has the host name of %j', async (content, hostname) => {
    expect((await read({ 'etc/hostname': content })).hostname).toBe(hostname);
  });

  // The same of GetImageMachineID.
  it.each([
    ['0123456789abcdef0123456789abcdef\n', true],
    ['0123456789ABCDEF0123456789abcdef', true],
    ['uninitialized\n', false],
    [`${'0'.repeat(32)}\n`, false],
    ['01234567-89ab-cdef-0123-456789abcdef\n', false],
    ['0123456789abcdef0123456789abcdef\nx\n', false],
    [' 0123456789abcdef0123456789abcdef\n', false],
    ['', false],
  ])('knows whether %j is an id', async (content, is) => {
    const { machineId } = await read({ 'etc/machine-id': content });
    expect(machineId).toBe(is ? '0123456789abcdef0123456789abcdef' : undefined);
  });

  it('is read below its root, whatever leads out', async () => {
    writeFileSync(join(directory, 'outside'), 'ID=outside\n');
    const { osRelease, hostname } = await read({ 'usr/lib/os-release': 'ID=inside\n' }, (path) => {
      mkdirSync(join(path, 'etc'));
      symlinkSync('../../../../../../../../usr/lib/os-release', join(path, 'etc/os-release'));
      symlinkSync(join(directory, 'outside'), join(path, 'etc/hostname'));
    });
    expect(osRelease).toEqual(['ID=inside']);
    expect(hostname).toBeUndefined();
  });

  it('waits for no FIFO, opens no device, reads nothing endless', async () => {
    const { osRelease } = await read({ 'usr/lib/os-release': 'ID=below\n', 'etc/x': '' }, (path) => {
      execFileSync('mkfifo', [join(path, 'etc/os-release')]);
    });
    expect(osRelease).toEqual(['ID=below']);
    const huge = await read({ 'etc/os-release': 'ID=huge\n' }, (path) => {
      truncateSync(join(path, 'etc/os-release'), 2 ** 40);
    });
    expect(huge.osRelease).toEqual([]);
    const noText = await read({ 'etc/os-release': Buffer.from('ID=x\nNAME=\xff\n', 'latin1') });
    expect(noText.osRelease).toEqual([]);
  });

  it('cannot be read of a disk or of layers', async () => {
    const refused = expect.objectContaining({ code: 'system-failure', errnoName: 'EOPNOTSUPP' });
    for (const type of ['raw', 'block', 'mstack'] as const) {
      await expect(reader().metadata(sampleImage('x', { type }), root)).rejects.toEqual(refused);
    }
  });

  it('is the error of the system where the image has gone', async () => {
    const gone = sampleImage('gone', { path: join(directory, 'gone') });
    await expect(reader().metadata(gone, root)).rejects.toMatchObject({ code: 'system-failure', errnoName: 'ENOENT' });
  });
});

describe('a file system that does not answer', () => {
  /** Says nothing when asked for the list, and all else that there is no such image. */
  const silent = answering(`({ wanted }) => { if (wanted !== 'list') say({}); }`);

  it('holds up nobody for longer than ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const images = reader(silent);
    const timedOut = expect.objectContaining({ code: 'timed-out' });
    const list = expect(images.list(root)).rejects.toEqual(timedOut);
    const next = expect(images.find('x', root)).rejects.toMatchObject({ code: 'no-such-image' });
    await untilStarted();
    const [stuck] = children();
    vi.advanceTimersByTime(9_999);
    expect(children()).toContain(stuck);
    vi.advanceTimersByTime(1);
    await list;
    // The next process answers what was waiting.
    await next;
    expect(children()).not.toContain(stuck);
  });

  it('costs one process at a time, and questions of one user are not kept without end', async () => {
    const images = reader(silent);
    const codes = (asker: typeof user, count: number) =>
      Array.from({ length: count }, () => images.list(asker).catch((error: { code: string }) => error.code));
    const [mine, others, roots] = [codes(user, 200), codes({ uid: 1001 }, 1), codes(root, 2000)];
    // However many there are: of all users but root so many.
    const crowd = Array.from({ length: 10 }, (_, index) => codes({ uid: 2000 + index }, 100)).flat();
    await untilStarted();
    expect(children()).toHaveLength(1);
    images.close();
    const count = async (of: readonly Promise<unknown>[]) => {
      const all = await Promise.all(of);
      return [
        all.filter((code) => code === 'timed-out').length,
        all.filter((code) => code === 'limits-exceeded').length,
      ];
    };
    expect(await count(mine)).toEqual([128, 72]);
    expect(await count(others)).toEqual([1, 0]);
    expect(await count(roots)).toEqual([2000, 0]);
    expect(await count(crowd)).toEqual([895, 105]);
  });

  it('is not asked for who has left', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    // Tells how many questions it has got.
    const images = reader(
      `let count = 0;${answering(`({ wanted }) => { count++; if (wanted !== 'list') say({ pool: { path: \`/\${count}\` } }); }`)}`,
    );
    const caller = new AbortController();
    const stuck = expect(images.list(user)).rejects.toMatchObject({ code: 'timed-out' });
    const left = expect(images.pool({ ...user, left: caller.signal })).rejects.toMatchObject({ code: 'not-available' });
    const others = Array.from({ length: 126 }, () => images.pool(user));
    await expect(images.pool(user)).rejects.toMatchObject({ code: 'limits-exceeded' });
    caller.abort();
    await left;
    // The place is somebody else's.
    others.push(images.pool(user));
    vi.advanceTimersByTime(10_000);
    await stuck;
    expect((await Promise.all(others)).map(({ path }) => path)).toEqual(others.map((_, index) => `/${index + 1}`));
  });

  it('is no end when the process dies', async () => {
    const images = reader(answering('() => process.exit(1)'));
    await expect(images.list(root)).rejects.toMatchObject({ code: 'timed-out' });
    await expect(images.find('x', root)).rejects.toMatchObject({ code: 'timed-out' });
  });
});
