import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Failure } from './failure.ts';

/** Debian's package of each program that the demo cannot do without. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  mount: 'mount',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  unshare: 'util-linux',
};

/** Makes sure of the programs that the demo uses. Root gets what is missing installed; throws a {@link Failure} otherwise. */
export function requirePrograms(tell: (text: string) => void): void {
  const missing = [...new Set(Object.keys(PACKAGES).filter((name) => !hasProgram(name)))];
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => PACKAGES[name] as string))];
  const command = `apt-get install ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !hasProgram('apt-get')) {
    throw new Failure(`The demo needs ${missing.join(', ')}. On Debian: ${command}`);
  }
  tell(`Installing ${packages.join(' and ')} first, for ${missing.join(', ')}.`);
  try {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'pipe' });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
      stdio: 'pipe',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  } catch (error) {
    throw new Failure(`${command} failed: ${(error as Error).message.trim()}`);
  }
}

/** True when a program is in PATH. */
export function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(`${directory}/${name}`));
}
