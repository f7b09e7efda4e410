import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

// systemd-machined 262, and so mymachines, takes one machine for a unit, or many with a control group each, or all with
// one, below the unit's. In the lab the bench is a service with Delegate=yes, so what is below its group is its own.

/** Makes a control group below that of this process, and moves a process there. */
export function moveToControlGroup(pid: number, name: string): void {
  move(pid, made(name));
}

/** Does something that starts processes, so that they are in a control group below that of this process, if there is one. */
export function withinControlGroup<T>(name: string, start: () => T): T {
  const ours = groupOf('self');
  if (!existsSync(`${ours}/cgroup.procs`)) return start();
  move(process.pid, made(name));
  try {
    return start();
  } finally {
    move(process.pid, ours);
  }
}

function made(name: string): string {
  const directory = `${groupOf('self')}/${name}`;
  mkdirSync(directory, { recursive: true });
  return directory;
}

function move(pid: number, directory: string): void {
  writeFileSync(`${directory}/cgroup.procs`, `${pid}`);
}

function groupOf(pid: number | 'self'): string {
  const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '/';
  return `/sys/fs/cgroup${path === '/' ? '' : path}`;
}
