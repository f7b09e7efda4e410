import { closeSync } from 'node:fs';
import { readLink } from '../../linux/file-at.ts';
import { SystemError } from '../../linux/libc.ts';
import type { RootDirectory } from '../../linux/root-directory.ts';

/**
 * The path with what they lead to in place of links to what is not there, so that it can be made (systemd 262 makes
 * that, too). Other links stay, and so does one at the end.
 * @param names the path's parts, without `/` in any
 * @throws SystemError ELOOP, ENOTDIR
 */
export function replaceDanglingLinks(root: RootDirectory, names: readonly string[]): readonly string[] {
  let parts = names;
  let replaced = 0;
  for (let index = 0; index < parts.length - 1; index++) {
    const here = `/${parts.slice(0, index + 1).join('/')}`;
    if (isThere(root, here)) continue;
    const target = linkTarget(root, here);
    // All from here on is missing.
    if (target === undefined) return parts;
    if (++replaced > MAXIMUM_LINKS) throw new SystemError(ELOOP, 'openat2', here);
    const before = target.startsWith('/') ? [] : parts.slice(0, index);
    parts = [...before, ...target.split('/').filter(Boolean), ...parts.slice(index + 1)];
    index = -1;
  }
  return parts;
}

function isThere(root: RootDirectory, path: string): boolean {
  const found = findIfThere(root, path, 'followed');
  if (found !== undefined) closeSync(found);
  return found !== undefined;
}

function linkTarget(root: RootDirectory, path: string): string | undefined {
  const found = findIfThere(root, path, 'itself');
  if (found === undefined) return undefined;
  try {
    return readLink(found);
  } finally {
    closeSync(found);
  }
}

function findIfThere(root: RootDirectory, path: string, link: 'followed' | 'itself'): number | undefined {
  try {
    return root.find(path, link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** As the kernel has it (path_resolution(7)). */
const MAXIMUM_LINKS = 40;
const ELOOP = 40;
