import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';

/** What a process finds in place of the host's /etc/passwd and /etc/group. */
export interface AccountFiles {
  readonly passwd: string;
  readonly group: string;
}

/**
 * Starts a process with account files, users and a network of its own, as a container has them. Needs root; it is the
 * caller's to end, and ends with this process.
 * @param directory where the files are to be, to be changed there: it must not be there yet
 * @param base its users 0 to 65535 on the host
 */
export async function startWithAccounts(directory: string, files: AccountFiles, base: number): Promise<ChildProcess> {
  mkdirSync(directory);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const script = 'for f in passwd group; do mount --bind "$0/$f" /etc/$f; done && exec unshare --user --net sleep 600';
  return start(script, directory, base);
}

/**
 * The same with a directory as its root, in which it puts the host's /usr and /proc.
 * @param base its users 0 to 65535 on the host
 */
export function startWithRoot(directory: string, base: number): Promise<ChildProcess> {
  const script = `
    mount --bind "$0" "$0"; cd "$0"; mkdir -p usr proc; mount --rbind /usr usr; mount --rbind /proc proc
    for d in bin lib lib64; do ln -s usr/$d $d; done
    pivot_root . .; umount -l .; exec unshare --user --net sleep 600`;
  return start(script, directory, base);
}

async function start(script: string, directory: string, base: number): Promise<ChildProcess> {
  const parameters = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--', 'sh', '-ec', script, directory];
  const leader = spawn('setpriv', parameters, { stdio: 'ignore' });
  await vi.waitFor(() => expect(readFileSync(`/proc/${leader.pid}/comm`, 'utf8')).toBe('sleep\n'), 5000);
  for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${leader.pid}/${map}`, `0 ${base} 65536\n`);
  return leader;
}
