import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
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
  beforeEach(() => host.clear());

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
