import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isSubvolume } from '../../../src/linux/btrfs/subvolume.ts';
import { canMount, type FileSystem, ImageHost } from './image-host.ts';

const possible = process.getuid?.() === 0 && canMount();
const kinds: readonly FileSystem[] = ['disk', 'tmpfs', 'btrfs'];

describe.skipIf(!possible).each(kinds)('images on %s', (kind) => {
  let host: ImageHost;
  beforeAll(() => {
    host = new ImageHost(kind);
  });
  afterAll(() => host.remove());
  beforeEach(() => {
    for (const name of host.files()) execFileSync('sh', ['-c', REMOVE, 'sh', host.path(name)]);
  });

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

  it('takes what belongs to an image along', async () => {
    host.directory('web');
    const settings = join(host.root, 'etc/systemd/nspawn');
    const endings = ['.nspawn', '.roothash', '.verity', '.raw.efinvramstate'];
    for (const ending of endings) writeFileSync(host.path(`web${ending}`), ending);
    writeFileSync(join(settings, 'web.nspawn'), '[Exec]');
    await host.changer.clone(host.image('web'), 'new', false);
    for (const ending of endings) expect(readFileSync(host.path(`new${ending}`), 'utf8')).toBe(ending);
    expect(readFileSync(join(settings, 'new.nspawn'), 'utf8')).toBe('[Exec]');
    expect(statSync(host.path('new.nspawn')).mode).toBe(0o100664);
    await host.changer.rename(host.image('new'), 'newer');
    for (const ending of endings) expect(existsSync(host.path(`newer${ending}`)), ending).toBe(true);
    expect(existsSync(join(settings, 'newer.nspawn'))).toBe(true);
    await host.changer.remove(host.image('newer'));
    expect(host.files()).toEqual(['web', ...endings.map((ending) => `web${ending}`)].sort());
    expect(existsSync(join(settings, 'newer.nspawn'))).toBe(false);
    expect(existsSync(join(settings, 'web.nspawn'))).toBe(true);
  });

  it('gives no image a name that another has, wherever that is', async () => {
    host.directory('web');
    host.raw('disk', 4096);
    host.vendor('vendor', { file: '' });
    writeFileSync(host.path('file'), '');
    symlinkSync('/nowhere', host.path('dangling'));
    for (const name of ['web', 'disk', 'vendor', 'file', 'dangling']) {
      await expect(host.changer.clone(host.image('web'), name, false), name).rejects.toMatchObject(EXISTS);
      await expect(host.changer.rename(host.image('web'), name), name).rejects.toMatchObject(EXISTS);
    }
    await expect(host.changer.clone(host.image('web'), 'x'.repeat(255), false)).rejects.toMatchObject({
      errnoName: 'ENAMETOOLONG',
    });
    expect(host.files()).toEqual(['dangling', 'disk.raw', 'file', 'web']);
    expect(host.locks()).toEqual([]);
  });

  it('clones what came with the system, and changes it in no other way', async () => {
    host.vendor('vendor', { 'etc/os-release': 'ID=x\n' });
    writeFileSync(join(host.root, 'usr/lib/machines/vendor.roothash'), 'hash');
    const vendor = host.image('vendor');
    await host.changer.clone(vendor, 'mine', false);
    expect(readFileSync(host.path('mine/etc/os-release'), 'utf8')).toBe('ID=x\n');
    expect(host.files()).toContain('mine.roothash');
    for (const image of [vendor, { ...vendor, name: '.host', path: '/' }]) {
      await expect(host.changer.rename(image, 'other')).rejects.toMatchObject(READ_ONLY);
      await expect(host.changer.remove(image)).rejects.toMatchObject(READ_ONLY);
      await expect(host.changer.markReadOnly(image, true)).rejects.toMatchObject(READ_ONLY);
      await expect(host.changer.setLimit(image, 5n)).rejects.toMatchObject(READ_ONLY);
    }
    host.directory('.hidden');
    await expect(host.changer.markReadOnly(host.image('.hidden'), true)).rejects.toMatchObject(READ_ONLY);
  });

  it('follows no link when it removes', async () => {
    const outside = join(host.root, 'outside');
    mkdirSync(outside, { recursive: true });
    writeFileSync(join(outside, 'file'), 'kept');
    const tree = host.directory('web', { 'a/b/c': '' });
    symlinkSync(outside, join(tree, 'a/link'));
    symlinkSync('..', join(tree, 'a/up'));
    await host.changer.remove(host.image('web'));
    expect(host.files()).toEqual([]);
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('kept');
    // What has become a link since it was looked for is not followed either.
    host.directory('other');
    const image = host.image('other');
    execFileSync('rm', ['-r', host.path('other')]);
    symlinkSync(outside, host.path('other'));
    await expect(host.changer.remove(image)).rejects.toMatchObject({ errnoName: 'ESTALE' });
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('kept');
  });

  it('removes trees that are deep, and files that may not be changed', async () => {
    const tree = host.directory('web');
    execFileSync('sh', ['-c', 'for i in $(seq 1 1500); do mkdir d; cd -P d; done; touch end', 'sh'], { cwd: tree });
    if (kind !== 'tmpfs') {
      mkdirSync(join(tree, 'fixed/sub'), { recursive: true });
      writeFileSync(join(tree, 'fixed/file'), '');
      execFileSync('chattr', ['+i', join(tree, 'fixed/file'), join(tree, 'fixed')]);
      writeFileSync(join(tree, 'log'), '');
      execFileSync('chattr', ['+a', join(tree, 'log')]);
      execFileSync('python3', ['-c', FIXED_SPECIAL], { cwd: tree });
    }
    await host.changer.remove(host.image('web'));
    expect(host.files()).toEqual([]);
  });

  it('removes nothing where something is mounted', async () => {
    const tree = host.directory('web', { 'a/file': '' });
    mkdirSync(join(tree, 'mnt'));
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(tree, 'mnt')]);
    try {
      writeFileSync(join(tree, 'mnt/file'), '');
      await expect(host.changer.remove(host.image('web'))).rejects.toMatchObject({ errnoName: 'ENOTEMPTY' });
      expect(existsSync(join(tree, 'mnt/file'))).toBe(true);
      expect(existsSync(join(tree, 'a/file'))).toBe(true);
      await host.changer.clone(host.image('web'), 'new', false);
      expect(existsSync(host.path('new/mnt/file'))).toBe(false);
      rmdirSync(host.path('new/mnt'));
    } finally {
      execFileSync('umount', [join(tree, 'mnt')]);
    }
  });

  it('cleans the pool of hidden images, or of all', async () => {
    host.directory('web');
    host.directory('.old');
    host.raw('.older', 4096);
    host.vendor('vendor', { file: '' });
    expect((await host.changer.cleanPool('hidden')).map(({ name }) => name).sort()).toEqual(['.old', '.older']);
    expect(host.files()).toEqual(['web']);
    await host.changer.clone(host.image('web'), 'fixed', true);
    expect((await host.changer.cleanPool('all')).map(({ name }) => name).sort()).toEqual(['fixed', 'web']);
    expect(host.files()).toEqual([]);
    expect(host.image('vendor').path).toBe('/usr/lib/machines/vendor');
  });

  it('sets limits only where there is an account', async () => {
    host.directory('web');
    await expect(host.changer.setLimit(host.image('web'), 5n)).rejects.toMatchObject({ errnoName: 'EOPNOTSUPP' });
    if (kind === 'btrfs') return;
    await expect(host.changer.setPoolLimit(5n)).rejects.toMatchObject({ code: 'not-supported' });
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

it.skipIf(!possible)('makes no clone that was to be read-only and cannot be', async () => {
  const host = new ImageHost('disk');
  execFileSync('mount', ['-t', 'ramfs', 'ramfs', host.pool]);
  try {
    host.directory('web');
    await expect(host.changer.clone(host.image('web'), 'fixed', true)).rejects.toMatchObject({ errnoName: 'ENOTTY' });
    expect(host.files()).toEqual(['web']);
  } finally {
    execFileSync('umount', [host.pool]);
    host.remove();
  }
});

it('knows the root of a subvolume', () => {
  expect(isSubvolume(0)).toBe(false);
});

const EXISTS = { code: 'system-failure', errnoName: 'EEXIST' };
const READ_ONLY = { code: 'system-failure', errnoName: 'EROFS' };
// cap_net_raw=ep, revision 2
const CAPABILITY = '0x0100000200200000000000000000000000000000';
/** What is not to be opened, alone in a directory that may not be changed. No driver has such a device: ENXIO. */
const FIXED_SPECIAL = `
import os, socket, stat, subprocess
makers = {
    'fifo': os.mkfifo, 'link': lambda path: os.symlink('/etc/passwd', path),
    'socket': lambda path: socket.socket(socket.AF_UNIX).bind(path),
    'device': lambda path: os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(4000, 1)),
}
for name, make in makers.items():
    os.mkdir(name); os.chdir(name); make('it'); os.chdir('..')
    subprocess.run(['chattr', '+i', name], check=True)
`;

const REMOVE = `chattr -R -i -a "$1" 2>/dev/null; rm -rf "$1" 2>/dev/null || btrfs -q subvolume delete -R "$1"`;
const SUBVOLUMES = `
  btrfs -q subvolume create sub; mkdir sub/a; btrfs -q subvolume create sub/a/nested
  btrfs -q subvolume create sub/a/nested/deeper; echo deep >sub/a/nested/deeper/file
  btrfs -q property set sub/a/nested/deeper ro true`;
