import { closeSync, fstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { RootDirectory } from '../../linux/root-directory.ts';
import { hostImageName, type Image, isImageName } from '../../machine/images.ts';
import { imageOf } from './image-file.ts';
import { searchPath } from './search-path.ts';
import { pickVersion } from './versioned.ts';

/**
 * All images of a host, by name. What vanishes meanwhile, cannot be looked at or is no image is left out.
 * @param root the host's
 */
export function discover(root: RootDirectory): Map<string, Image> {
  const images = new Map<string, Image>();
  for (const directory of searchPath) {
    const places = entriesOf(root, directory).flatMap((file) => [...placesOf(file)]);
    for (const place of places.sort(byPrecedence)) if (!images.has(place.name)) add(images, root, directory, place);
  }
  const host = images.get(hostImageName) ?? hostImage(root);
  if (host !== undefined) images.set(hostImageName, host);
  return images;
}

/**
 * The image of a name; undefined where there is none. In each directory the first of these counts: `NAME`, `NAME.raw`,
 * `NAME.mstack`, and the versioned directories of each (systemd 262).
 */
export function findImage(root: RootDirectory, name: string): Image | undefined {
  if (!isImageName(name)) return undefined;
  const images = new Map<string, Image>();
  for (const directory of searchPath) {
    for (const versioned of [false, true]) {
      for (const suffix of suffixes) {
        const file = `${name}${suffix}${versioned ? '.v' : ''}`;
        for (const place of placesOf(file)) if (place.name === name) add(images, root, directory, place);
        const found = images.get(name);
        if (found !== undefined) return found;
      }
    }
  }
  return name === hostImageName ? hostImage(root) : undefined;
}

/** What a file in the search path is an image of, if it is one. */
interface Place {
  readonly file: string;
  readonly name: string;
  /** What of the file's name says its type. */
  readonly suffix: (typeof suffixes)[number];
  /** Whether it is a directory with several versions of the image. */
  readonly versioned: boolean;
}

const suffixes = ['', '.raw', '.mstack'] as const;

function* placesOf(file: string): Generator<Place> {
  const versioned = file.endsWith('.v');
  const plain = versioned ? file.slice(0, -2) : file;
  for (const suffix of suffixes) {
    // A directory may be called as a raw file is, but not as layers are.
    if (!plain.endsWith(suffix) || (suffix === '' && plain.endsWith('.mstack'))) continue;
    yield { file, name: plain.slice(0, plain.length - suffix.length), suffix, versioned };
  }
}

/** Of several in a directory that one name could mean. */
function byPrecedence(a: Place, b: Place): number {
  const rank = ({ suffix, versioned }: Place): number => Number(versioned) * suffixes.length + suffixes.indexOf(suffix);
  return rank(a) - rank(b);
}

function add(images: Map<string, Image>, root: RootDirectory, directory: string, place: Place): void {
  const { name, suffix } = place;
  if (!isImageName(name)) return;
  const image = versionOf(root, directory, place);
  if (image === undefined) return;
  const found = lookAt(root, image, (fd, stat, path) =>
    fits(place, stat) ? imageOf({ name, path }, fd, suffix) : undefined,
  );
  if (found !== undefined) images.set(name, found);
}

/** The path of the file itself, or of its newest version. */
function versionOf(root: RootDirectory, directory: string, place: Place): string | undefined {
  const path = join(directory, place.file);
  if (!place.versioned) return path;
  const files = entriesOf(root, path).filter((file) => lookAt(root, join(path, file), (_, stat) => fits(place, stat)));
  const picked = pickVersion(files, place.name, place.suffix);
  return picked === undefined ? undefined : join(path, picked);
}

/** A block device can be called anything, but for `.raw`; among versions that is what they are called. */
function fits({ suffix, versioned }: Place, stat: Stats): boolean {
  if (suffix === '.raw') return stat.isFile() || (versioned && stat.isBlockDevice());
  return stat.isDirectory() || (suffix === '' && !versioned && stat.isBlockDevice());
}

function hostImage(root: RootDirectory): Image | undefined {
  return lookAt(root, '/', (fd) => imageOf({ name: hostImageName, path: '/' }, fd, ''));
}

function entriesOf(root: RootDirectory, directory: string): string[] {
  return lookAt(root, directory, (fd, stat) => (stat.isDirectory() ? readdirSync(`/proc/self/fd/${fd}`) : [])) ?? [];
}

/** Links are followed, within the host's root: `path` is where they lead. */
function lookAt<T>(
  root: RootDirectory,
  path: string,
  look: (fd: number, stat: Stats, path: string) => T,
): T | undefined {
  let fd = -1;
  try {
    fd = root.find(path);
    return look(fd, fstatSync(fd), readlinkSync(`/proc/self/fd/${fd}`));
  } catch {
    return undefined;
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}
