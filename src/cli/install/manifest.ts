import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Target } from './target.ts';

/** What `mymachines install` has put in place, so that `uninstall` takes away that and nothing else. */
export interface Manifest {
  /**
   * By path as the installed system sees it: the SHA-256 of what was written there; two while one is being replaced.
   */
  readonly files: ReadonlyMap<string, readonly string[]>;
  /** The directories that were made, outermost first. */
  readonly directories: readonly string[];
}

/** Where it is below a prefix. */
export function manifestPath(prefix: string): string {
  return `${prefix}/share/mymachines/installed.json`;
}

/** SHA-256, in hexadecimal digits. */
export function checksum(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * What is noted, or undefined where nothing has been installed.
 * @throws Error for a file that is no such note
 */
export function readManifest(target: Target, prefix: string): Manifest | undefined {
  const path = manifestPath(prefix);
  const found = target.read(path);
  if (found === undefined) return undefined;
  try {
    if (found === 'other') throw new Error('it is no regular file');
    const { files, directories } = JSON.parse(found.toString('utf8')) as Record<string, unknown>;
    if (typeof files !== 'object' || files === null || !isPaths(directories)) throw new Error('it is not as written');
    const entries = Object.entries(files);
    if (!isPaths(entries.map(([name]) => name)) || !entries.every(([, sums]) => isTexts(sums))) {
      throw new Error('it is not as written');
    }
    return { files: new Map(entries as [string, string[]][]), directories };
  } catch (error) {
    throw new Error(`${target.real(path)} does not say what was installed: ${(error as Error).message}`);
  }
}

/** The text of the note. */
export function formatManifest({ files, directories }: Manifest): string {
  return `${JSON.stringify({ files: Object.fromEntries(files), directories }, null, 2)}\n`;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isPaths(value: unknown): value is string[] {
  return isTexts(value) && value.every((path) => path.startsWith('/') && posix.normalize(path) === path);
}
