import type { InstalledFile } from './files.ts';
import { checksum, type Manifest } from './manifest.ts';
import type { Target } from './target.ts';

/** What is done about one file, and why where that is not plain. */
export interface Step {
  readonly path: string;
  readonly action: 'install' | 'replace' | 'remove' | 'keep' | 'leave';
  readonly reason?: string;
  /** For `install` and `replace`. */
  readonly file?: InstalledFile;
  /** The checksums of what is ours at the path afterwards; none when nothing is. */
  readonly ours: readonly string[];
}

/**
 * What putting the files in place comes to. What is there and was not put there by us, or has been changed since, is
 * left.
 * @throws Error for a file that is in the way of one of ours
 */
export function planInstall(target: Target, files: readonly InstalledFile[], manifest: Manifest | undefined): Step[] {
  const steps = files.map((file) => planFile(target, file, manifest?.files.get(file.path)));
  const paths = new Set(files.map(({ path }) => path));
  // Of an earlier version, or for another system's ways of starting services.
  const obsolete = [...(manifest?.files ?? [])].filter(([path]) => !paths.has(path));
  return [...steps, ...obsolete.flatMap(([path, sums]) => planRemoval(target, path, sums))];
}

/** What taking away comes to of all that was put in place. */
export function planUninstall(target: Target, manifest: Manifest): Step[] {
  return [...manifest.files].flatMap(([path, sums]) => planRemoval(target, path, sums));
}

/** The text of a file that would be left because it is somebody else's, or undefined when there is none. */
export function textOfOthers(target: Target, path: string, manifest: Manifest | undefined): string | undefined {
  const found = target.read(path);
  if (found === undefined || found === 'other') return undefined;
  return manifest?.files.get(path)?.includes(checksum(found)) ? undefined : found.toString('utf8');
}

function planFile(target: Target, file: InstalledFile, known: readonly string[] | undefined): Step {
  const { path, content, otherDoes } = file;
  const found = target.read(path);
  const sum = checksum(content);
  if (found === undefined) return { path, action: 'install', file, ours: [sum] };
  const foundSum = found === 'other' ? '' : checksum(found);
  if (known?.includes(foundSum)) {
    if (foundSum === sum) return { path, action: 'keep', ours: [sum] };
    return { path, action: 'replace', file, ours: [sum] };
  }
  if (known !== undefined) return { path, action: 'leave', reason: CHANGED, ours: known };
  if (foundSum === sum) return { path, action: 'leave', reason: 'it is there already, the same', ours: [] };
  if (otherDoes === undefined) {
    throw new Error(`${target.real(path)} is in the way: it is there already, and not from mymachines install`);
  }
  return { path, action: 'leave', reason: `there is another already, and ${otherDoes}`, ours: [] };
}

function planRemoval(target: Target, path: string, sums: readonly string[]): Step[] {
  const found = target.read(path);
  if (found === undefined) return [];
  if (found !== 'other' && sums.includes(checksum(found))) return [{ path, action: 'remove', ours: [] }];
  return [{ path, action: 'leave', reason: CHANGED, ours: [] }];
}

const CHANGED = 'it has been changed since it was installed';
