import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, vi } from 'vitest';

/**
 * Starts a process with an /etc/hostname of its own, as a container has one, and a network of its own. Needs root; it is
 * the caller's to end, and ends with this process.
 * @param file where the contents are to be: it must not be there yet
 */
export async function startSelfNamed(file: string, ownName: string): Promise<ChildProcess> {
  writeFileSync(file, ownName);
  const script = 'mount --bind "$0" /etc/hostname && exec sleep 600';
  const parameters = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--net', '--', 'sh', '-c', script, file];
  const leader = spawn('setpriv', parameters, { stdio: 'ignore' });
  await vi.waitFor(() => expect(readFileSync(`/proc/${leader.pid}/comm`, 'utf8')).toBe('sleep\n'), 5000);
  return leader;
}
