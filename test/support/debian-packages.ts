import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { aptGet, CACHE } from './apt-get.ts';
import { hasProgram } from './programs.ts';

// What is a link into /usr since Debian 12; packages may still have files below.
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

/**
 * The files of Debian packages and of all they need that is not installed here, in the version that apt on this machine
 * would install: a directory as the root of a system, for a {@link PrivateHost} to lay over its own. Nothing is
 * installed. Downloaded once, and kept.
 * @throws Error saying why they cannot be had
 */
export function debianPackages(...names: readonly string[]): string {
  if (process.getuid?.() !== 0) throw new Error('Debian packages need root');
  if (!hasProgram('apt-get') || !hasProgram('dpkg-deb')) throw new Error('not a Debian: there is no apt-get');
  const root = `${CACHE}/packages-${names.join('-')}`;
  if (existsSync(root)) return root;
  const work = `${root}.${process.pid}`;
  try {
    for (const directory of MERGED) mkdirSync(`${work}/root/usr/${directory}`, { recursive: true });
    for (const directory of MERGED) symlinkSync(`usr/${directory}`, `${work}/root/${directory}`);
    for (const archive of download(names, `${work}/archives`)) {
      run(
        'sh',
        '-ec',
        `dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --keep-directory-symlink`,
        'sh',
        archive,
        `${work}/root`,
      );
    }
    if (!existsSync(root)) renameSync(`${work}/root`, root);
    return root;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function download(names: readonly string[], directory: string): string[] {
  mkdirSync(`${directory}/partial`, { recursive: true });
  aptGet('update', '-qq');
  const where = ['-o', `Dir::Cache::archives=${directory}`, '-o', 'Debug::NoLocking=1'];
  aptGet('install', '-y', '-qq', '--download-only', '--no-install-recommends', ...where, ...names);
  return readdirSync(directory)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => `${directory}/${name}`);
}

function run(program: string, ...parameters: readonly string[]): void {
  try {
    execFileSync(program, parameters, { stdio: 'pipe' });
  } catch (error) {
    throw new Error(`${program} ${parameters[0]} failed: ${(error as Error).message.trim()}`);
  }
}
