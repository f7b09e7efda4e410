import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageChanger } from '../../../src/images/changing/image-changer.ts';
import { findImage } from '../../../src/images/reading/discover.ts';
import { RootDirectory } from '../../../src/linux/root-directory.ts';
import type { Image } from '../../../src/machine/images.ts';
import { imageChangingProgram } from '../../support/build.ts';
import { watched } from '../../support/our-programs.ts';

/** File systems that images can be on. */
export type FileSystem = 'disk' | 'tmpfs' | 'btrfs';

/** The root of a host whose images are on a file system of its own, and what changes them. */
export class ImageHost {
  readonly root: string;
  readonly pool: string;
  readonly changer: ImageChanger;
  readonly #mounted: string | undefined;
  readonly #files: string;

  /** @param size of the file system, as mount(8) and truncate(1) have it; not of the disk's */
  constructor(kind: FileSystem, size = kind === 'btrfs' ? 512 : 64) {
    this.#files = mkdtempSync('/var/tmp/mymachines-images-');
    this.root = join(this.#files, 'root');
    mkdirSync(this.root);
    if (kind !== 'disk') {
      mount(kind, this.root, join(this.#files, 'disk'), size);
      this.#mounted = this.root;
    }
    this.pool = join(this.root, 'var/lib/machines');
    for (const path of ['run', 'etc/systemd/nspawn', 'var/lib/machines', 'usr/lib/machines']) {
      mkdirSync(join(this.root, path), { recursive: true });
    }
    // As on a host whose root is elsewhere: the pool is a subvolume.
    if (kind === 'btrfs') {
      rmSync(this.pool, { recursive: true });
      execFileSync('btrfs', ['-q', 'subvolume', 'create', this.pool]);
    }
    const images = { list: () => Promise.resolve(this.#list()) };
    this.changer = new ImageChanger({ program: watched(imageChangingProgram), images, root: this.root });
  }

  /** What is found of a name as the daemon finds it. */
  image(name: string): Image {
    const root = RootDirectory.ofPath(this.root);
    try {
      const found = findImage(root, name);
      if (found === undefined) throw new Error(`there is no image ${name}`);
      // The kernel tells paths from its own root on.
      return { ...found, path: found.path.slice(this.root.length) || '/' };
    } finally {
      root.close();
    }
  }

  /** What is in the pool, hidden files included. */
  files(): string[] {
    return readdirSync(this.pool).sort();
  }

  path(...names: string[]): string {
    return join(this.pool, ...names);
  }

  directory(name: string, files: Readonly<Record<string, string>> = { 'etc/hostname': 'web\n' }): string {
    return this.#fill(join(this.pool, name), files);
  }

  raw(name: string, size: number, content = 'content'): string {
    const path = join(this.pool, `${name}.raw`);
    writeFileSync(path, content);
    truncateSync(path, size);
    return path;
  }

  vendor(name: string, files: Readonly<Record<string, string>>): string {
    return this.#fill(join(this.root, 'usr/lib/machines', name), files);
  }

  /** Shows a directory of this machine at a path of the host. */
  mount(directory: string, path: string): void {
    execFileSync('mount', ['--bind', directory, join(this.root, path)]);
  }

  unmount(path: string): void {
    execFileSync('umount', ['--lazy', join(this.root, path)]);
  }

  locks(): string[] {
    try {
      return readdirSync(join(this.root, 'run/systemd/nspawn/locks'));
    } catch {
      return [];
    }
  }

  remove(): void {
    this.changer.close();
    if (this.#mounted !== undefined) execFileSync('umount', ['--lazy', this.#mounted]);
    rmSync(this.#files, { recursive: true, force: true });
  }

  #fill(directory: string, files: Readonly<Record<string, string>>): string {
    mkdirSync(directory, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(directory, path, '..'), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    return directory;
  }

  /** Removes all that is in the pool. */
  clear(): void {
    for (const name of this.files()) execFileSync('sh', ['-c', REMOVE, 'sh', this.path(name)]);
  }

  #list(): Image[] {
    const names = [...this.files(), ...readdirSync(join(this.root, 'usr/lib/machines'))];
    return [...new Set(names.map((name) => name.replace(/\.raw$/, '')))].flatMap((name) => {
      try {
        return [this.image(name)];
      } catch {
        return [];
      }
    });
  }
}

const REMOVE = `chattr -R -i -a "$1" 2>/dev/null; rm -rf "$1" 2>/dev/null || btrfs -q subvolume delete -R "$1"`;

function mount(kind: 'tmpfs' | 'btrfs', directory: string, file: string, size: number): void {
  if (kind === 'tmpfs') {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', directory]);
    return;
  }
  writeFileSync(file, '');
  truncateSync(file, size * 2 ** 20);
  execFileSync('mkfs.btrfs', ['-q', file]);
  execFileSync('mount', ['-o', 'loop', file, directory]);
}

/** Whether there can be such file systems here; says so where there cannot. With CI set that is an error. */
export function canMount(): boolean {
  try {
    new ImageHost('btrfs').remove();
    return true;
  } catch (error) {
    if (process.env['CI']) throw error;
    console.warn(`No file systems can be mounted here, images on them are not tested: ${(error as Error).message}`);
    return false;
  }
}
