import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { onSystemBus } from './bus.ts';
import type { Target } from './target.ts';

/** Starts the systemd-machined of the system that this runs in. */
export function startSystemdMachined(): Target {
  execFileSync('systemctl', ['start', 'systemd-machined.service']);
  const pid = Number(
    execFileSync('systemctl', ['show', '-P', 'MainPID', 'systemd-machined.service'], { encoding: 'utf8' }),
  );
  const version = execFileSync('systemctl', ['--version'], { encoding: 'utf8' }).split(' ')[1] as string;
  return { name: 'systemd-machined', version, pid, runtimeDirectory: '/run/systemd', bus: onSystemBus };
}

/** Lets a running systemd-machined have as many descriptors as the system allows it: its soft limit becomes its hard one. */
export function raiseDescriptorLimit({ pid }: Target): void {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))?.[1];
  execFileSync('prlimit', ['--pid', `${pid}`, `--nofile=${hard}:${hard}`]);
}
