import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** Where what is installed or downloaded for tests is kept. */
export const CACHE: string = process.env['LAB_CACHE'] ?? '/var/cache/mymachines-lab';

/**
 * Runs apt-get(8). It fails while another has its locks, so that of several tests, and of test/lab/lab.sh, each waits
 * for the one before.
 * @throws Error with what it printed
 */
export function aptGet(...parameters: readonly string[]): void {
  mkdirSync(CACHE, { recursive: true });
  execFileSync('flock', [`${CACHE}/apt-get.lock`, 'apt-get', ...parameters], {
    stdio: 'pipe',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
