import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Makes the C library of this machine ask userdb services, as Debian's package libnss-systemd sets it up. On the stage,
 * where only the demo sees it. False when there is no libnss_systemd.
 */
export function useUserdb(directory: string): boolean {
  if (!hasModule()) return false;
  const file = '/etc/nsswitch.conf';
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(/^(passwd|group):(.*)$/gm, (line, database, services) =>
    /\bsystemd\b/.test(services) ? line : `${database}:${services} systemd`,
  );
  if (changed !== text) {
    writeFileSync(`${directory}/nsswitch.conf`, changed);
    execFileSync('mount', ['--bind', `${directory}/nsswitch.conf`, file]);
  }
  return true;
}

function hasModule(): boolean {
  try {
    return execFileSync('ldconfig', ['-p'], { encoding: 'utf8' }).includes('libnss_systemd.so.2');
  } catch {
    return false;
  }
}
