import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canMount, type FileSystem, ImageHost } from './image-host.ts';

const possible = process.getuid?.() === 0 && canMount();
const kinds: readonly FileSystem[] = ['disk', 'tmpfs', 'btrfs'];

describe.skipIf(!possible).each(kinds)('clones on %s', (kind) => {
  let host: ImageHost;
  beforeAll(() => {
    host = new ImageHost(kind);
  });
  afterAll(() => host.remove());
  beforeEach(() => host.clear());

  it('clones a directory with owners, modes, times, links and attributes', async () => {
    const tree = host.directory('web', { 'bin/tool': 'x'.repeat(5000), 'etc/hostname': 'web\n' });
    chownSync(join(tree, 'bin/tool'), 12, 34);
    chmodSync(join(tree, 'bin/tool'), 0o4755);
    linkSync(join(tree, 'bin/tool'), join(tree, 'bin/other'));
    symlinkSync('../../../../etc/shadow', join(tree, 'link'));
    execFileSync('mkfifo', [join(tree, 'fifo')]);
    execFileSync('setfattr', ['-n', 'security.capability', '-v', CAPABILITY, join(tree, 'bin/tool')]);
    utimesSync(join(tree, 'etc'), 1, 2);
    chmodSync(tree, 0o711);
    await host.changer.clone(host.image('web'), 'new', false);

    const copy = host.path('new');
    expect(host.files()).toEqual(['new', 'web']);
    expect(statSync(copy).mode & 0o7777).toBe(0o711);
    expect(readFileSync(join(copy, 'bin/tool'), 'utf8')).toBe('x'.repeat(5000));
    expect(statSync(join(copy, 'bin/tool'))).toMatchObject({ uid: 12, gid: 34, mode: 0o104755, nlink: 2 });
    expect(statSync(join(copy, 'bin/other')).ino).toBe(statSync(join(copy, 'bin/tool')).ino);
    expect(readlinkSync(join(copy, 'link'))).toBe('../../../../etc/shadow');
    expect(lstatSync(join(copy, 'fifo')).isFIFO()).toBe(true);
    expect(statSync(join(copy, 'etc')).mtimeMs).toBe(2000);
    const attribute = execFileSync('getfattr', ['-n', 'security.capability', '-e', 'hex', join(copy, 'bin/tool')]);
    expect(attribute.toString()).toContain(CAPABILITY);
    expect(host.image('new')).toMatchObject({ type: kind === 'btrfs' ? 'subvolume' : 'directory', readOnly: false });
    expect(host.locks()).toEqual([]);
  });

  it('clones read-only, and the clone is changed, renamed and removed all the same', async () => {
    host.directory('web');
    await host.changer.clone(host.image('web'), 'new', true);
    expect(host.image('new').readOnly).toBe(true);
    expect(() => writeFileSync(host.path('new', 'file'), '')).toThrow();
    await host.changer.rename(host.image('new'), 'newer');
    expect(host.image('newer').readOnly).toBe(true);
    await host.changer.markReadOnly(host.image('newer'), false);
    writeFileSync(host.path('newer', 'file'), '');
    await host.changer.markReadOnly(host.image('newer'), true);
    await host.changer.remove(host.image('newer'));
    expect(host.files()).toEqual(['web']);
  });

  it('clones a raw file, holes as holes', async () => {
    host.raw('disk', 16 * 2 ** 20);
    await host.changer.clone(host.image('disk'), 'copy', false);
    await host.changer.clone(host.image('disk'), 'fixed', true);
    for (const name of ['copy.raw', 'fixed.raw']) {
      expect(readFileSync(host.path(name)).equals(readFileSync(host.path('disk.raw')))).toBe(true);
      expect(statSync(host.path(name)).blocks * 512).toBeLessThan(2 ** 20);
    }
    expect(statSync(host.path('copy.raw')).mode).toBe(0o100644);
    expect(statSync(host.path('fixed.raw')).mode).toBe(0o100444);
    expect(host.image('fixed').readOnly).toBe(true);
    await host.changer.markReadOnly(host.image('fixed'), false);
    expect(statSync(host.path('fixed.raw')).mode).toBe(0o100644);
  });

  it('clones the host into its own pool, without the copy in it', async () => {
    host.directory('web');
    const itself = { name: '.host', path: '/', type: 'directory', readOnly: false } as const;
    await host.changer.clone(itself, 'all', false);
    const found = execFileSync('find', ['.'], { cwd: host.path('all'), encoding: 'utf8' });
    expect(found).toContain('./etc/systemd/nspawn\n');
    expect(found).toContain('./var/lib/machines/web/etc/hostname\n');
    expect(found).not.toContain('.#mymachines');
    expect(host.files()).toEqual(['all', 'web']);
  });

  it.runIf(kind === 'btrfs')('shares what is in an image with its clone', async () => {
    writeFileSync(host.path('disk.raw'), randomBytes(8 * 2 ** 20));
    writeFileSync(join(host.directory('web'), 'big'), randomBytes(4 * 2 ** 20));
    await host.changer.clone(host.image('disk'), 'copy', false);
    await host.changer.clone(host.image('web'), 'tree', false);
    execFileSync('sync', ['-f', host.pool]);
    const [raw = [], tree = []] = ['copy.raw', 'tree'].map((name) => {
      const lines = execFileSync('btrfs', ['filesystem', 'du', '-s', '--raw', host.path(name)], { encoding: 'utf8' });
      return (/^ *(\d+) +(\d+) +(\d+) /m.exec(lines) ?? []).slice(1).map(Number);
    });
    // All of it, of their own, and shared.
    expect(raw).toEqual([8 * 2 ** 20, 0, 8 * 2 ** 20]);
    expect(tree[2]).toBe(4 * 2 ** 20);
  });

  it.runIf(kind === 'btrfs')('makes snapshots of subvolumes and of those in them', async () => {
    execFileSync('sh', ['-ec', SUBVOLUMES], { cwd: host.pool });
    await host.changer.setPoolLimit(2n ** 28n);
    await host.changer.setLimit(host.image('sub'), 2n ** 26n);
    await host.changer.clone(host.image('sub'), 'copy', false);
    await host.changer.clone(host.image('sub'), 'fixed', true);
    for (const name of ['copy', 'fixed']) {
      expect(readFileSync(host.path(name, 'a/nested/deeper/file'), 'utf8')).toBe('deep\n');
      for (const each of ['', 'a/nested', 'a/nested/deeper']) {
        const state = execFileSync('btrfs', ['property', 'get', host.path(name, each), 'ro'])
          .toString()
          .trim();
        expect(state).toBe(`ro=${name === 'fixed'}`);
      }
      expect(host.image(name)).toMatchObject({ type: 'subvolume', limit: 2n ** 26n });
    }
    await host.changer.setLimit(host.image('copy'), undefined);
    expect(host.image('copy').limit).toBeUndefined();
    const groups = (): string =>
      execFileSync('btrfs', ['qgroup', 'show', '--sync', '-re', '--raw', host.pool]).toString();
    expect(groups()).toContain(String(2n ** 28n));
    const id = execFileSync('btrfs', ['inspect-internal', 'rootid', host.path('fixed')])
      .toString()
      .trim();
    const [, referenced = '', exclusive = ''] = new RegExp(`^254/${id} +(\\d+) +(\\d+) `, 'm').exec(groups()) ?? [];
    expect(host.image('fixed')).toMatchObject({ usage: BigInt(referenced), usageExclusive: BigInt(exclusive) });
    const before = groups().match(/^254\//gm)?.length;
    for (const name of ['copy', 'fixed', 'sub']) await host.changer.remove(host.image(name));
    expect(host.files()).toEqual([]);
    expect(groups().match(/^254\//gm)?.length ?? 0).toBe((before ?? 0) - 3);
    await host.changer.setPoolLimit(undefined);
    expect(groups()).not.toContain(String(2n ** 28n));
  });
});

// cap_net_raw=ep, revision 2
const CAPABILITY = '0x0100000200200000000000000000000000000000';

const SUBVOLUMES = `
  btrfs -q subvolume create sub; mkdir sub/a; btrfs -q subvolume create sub/a/nested
  btrfs -q subvolume create sub/a/nested/deeper; echo deep >sub/a/nested/deeper/file
  btrfs -q property set sub/a/nested/deeper ro true`;
