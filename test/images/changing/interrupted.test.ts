import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageChangingProgram } from '../../support/build.ts';
import { childrenRunning } from '../../support/child-processes.ts';
import { canMount, type FileSystem, ImageHost } from './image-host.ts';

const possible = process.getuid?.() === 0 && canMount();

describe.skipIf(!possible).each<FileSystem>(['disk', 'btrfs'])('changes on %s that are cut short', (kind) => {
  let host: ImageHost;
  const content = 'x'.repeat(3000);
  const files = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`${index % 7}/${index}`, content]));
  beforeAll(() => {
    host = new ImageHost(kind);
    host.directory('web', files);
  });
  afterAll(() => host.remove());

  it('leave nothing when the process is killed that copies', async () => {
    let cut = 0;
    for (let delay = 0; delay < 6 || cut < 3; delay++) {
      const clone = host.changer.clone(host.image('web'), 'new', false).then(
        () => true,
        (error) => expect(error).toMatchObject({ errnoName: 'EIO' }),
      );
      await workingAt(host, delay);
      const killed = killChanges();
      const whole = (await clone) === true;
      if (killed > 0 && !whole) cut++;
      expect(shown(host)).toEqual(whole ? ['new', 'web'] : ['web']);
      if (whole) {
        expect(countFiles(host.path('new'))).toBe(300);
        await host.changer.remove(host.image('new'));
      }
      expect(delay).toBeLessThan(200);
    }
    await untilSwept(host);
  }, 60_000);

  it('leave an image whole, or nothing of it, when the process is killed that removes', async () => {
    for (let delay = 0; delay < 4; delay++) {
      await host.changer.clone(host.image('web'), 'new', false);
      const removal = host.changer.remove(host.image('new')).catch((error) => error);
      await workingAt(host, delay);
      killChanges();
      await removal;
      if (shown(host).includes('new')) {
        expect(countFiles(host.path('new'))).toBe(300);
        await host.changer.remove(host.image('new'));
      }
      expect(shown(host)).toEqual(['web']);
    }
    await untilSwept(host);
  }, 60_000);

  it('leave nothing when nobody wants them any more', async () => {
    const caller = new AbortController();
    const clone = host.changer.clone(host.image('web'), 'new', false, caller.signal);
    const error = clone.catch((reason) => reason);
    await workingAt(host, 0);
    caller.abort();
    expect(await error).toMatchObject({ errnoName: 'ECANCELED' });
    expect(visible(host)).toEqual(['web']);
    await expect(host.changer.clone(host.image('web'), 'new', false, AbortSignal.abort())).rejects.toMatchObject({
      errnoName: 'ECANCELED',
    });
    expect(visible(host)).toEqual(['web']);
  });

  it('are refused while another one is about the same image, and copies of one are made at a time', async () => {
    const image = host.image('web');
    const clones = ['a', 'b'].map((name) => host.changer.clone(image, name, false));
    await expect(host.changer.remove(image)).rejects.toMatchObject({ errnoName: 'EBUSY' });
    await expect(host.changer.rename(image, 'other')).rejects.toMatchObject({ errnoName: 'EBUSY' });
    await expect(host.changer.markReadOnly(image, true)).rejects.toMatchObject({ errnoName: 'EBUSY' });
    await Promise.all(clones);
    const removals = await Promise.allSettled(['a', 'a', 'b'].map((name) => host.changer.remove(host.image(name))));
    expect(removals.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const twice = await Promise.allSettled([0, 1, 2].map(() => host.changer.clone(image, 'new', false)));
    expect(twice.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await host.changer.remove(host.image('new'));
    expect(visible(host)).toEqual(['web']);
  });
});

describe.skipIf(!possible).each<FileSystem>(['tmpfs', 'btrfs'])('a full %s', (kind) => {
  it('has nothing left of a clone that it had no room for', async () => {
    const host = new ImageHost(kind, kind === 'tmpfs' ? 8 : 128);
    try {
      // Where blocks are shared nothing is copied: what is elsewhere has to be.
      const size = kind === 'tmpfs' ? 600 * 1024 : 24 * 2 ** 20;
      const big = Object.fromEntries(
        ['a', 'b/c', 'b/d', 'e', 'f', 'g', 'h', 'i'].map((name) => [name, 'y'.repeat(size)]),
      );
      const source = new ImageHost('disk');
      const tree = source.directory('big', big);
      host.mount(source.pool, 'usr/lib/machines');
      expect(tree).toBe(source.path('big'));
      const image = host.image('big');
      await host.changer.clone({ ...image, path: '/usr/lib/machines/big' }, 'first', false).catch((error) => error);
      const before = host.files();
      await expect(host.changer.clone(image, 'second', false)).rejects.toMatchObject({
        errnoName: expect.stringMatching(/^(ENOSPC|EDQUOT)$/),
        message: expect.stringMatching(/^No space left on device: /),
      });
      expect(host.files()).toEqual(before);
      expect(host.locks()).toEqual([]);
      host.unmount('usr/lib/machines');
      source.remove();
    } finally {
      host.remove();
    }
  });
});

/** Until there is something that is not an image yet, or any more; then some more time. */
async function workingAt(host: ImageHost, milliseconds: number): Promise<void> {
  for (let round = 0; round < 500; round++) {
    if (host.files().some((name) => name.startsWith('.#mymachines'))) break;
    await sleep(2);
  }
  await sleep(milliseconds);
}

function shown(host: ImageHost): string[] {
  return host.files().filter((name) => !name.startsWith('.#'));
}

/** The same, and what is not an image; but for locks that nobody holds, of processes that were killed. */
function visible(host: ImageHost): string[] {
  return host.files().filter((name) => !name.endsWith('.lck'));
}

function countFiles(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
}

async function untilSwept(host: ImageHost): Promise<void> {
  const files = async () => {
    // Where the process was killed that was to take away what is left, the next change has another do it.
    await host.changer.markReadOnly(host.image('web'), false).catch(() => {});
    return host.files();
  };
  await expect.poll(files, { timeout: 10_000 }).not.toContainEqual(expect.stringMatching(/^\.#mymach/));
}

/** Ends processes of ours that change images, and nobody else's. @returns how many */
function killChanges(): number {
  let killed = 0;
  for (const pid of childrenRunning(imageChangingProgram)) {
    try {
      process.kill(pid, 'SIGKILL');
      killed++;
    } catch {
      // It has ended.
    }
  }
  return killed;
}
