import { readFileSync } from 'node:fs';

/** A process for people, as in `systemd-machined (PID 812)`; only its number where it has ended. */
export function processName(pid: number): string {
  try {
    // The 15 bytes of comm cut `systemd-machined`; the command line has all of it.
    const [program = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const name = program.replace(/^.*\//, '') || readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    return `${name} (PID ${pid})`;
  } catch {
    return `PID ${pid}`;
  }
}
