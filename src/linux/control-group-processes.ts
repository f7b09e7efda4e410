import { existsSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The numbers of all processes in a control group and those below it, at this moment: pin one (process.ts) before doing
 * anything to it.
 * @param path as `readControlGroup` gives it
 * @param mount where its hierarchy is mounted; found by itself
 * A control group that is not there, or goes while it is read, has none. Processes outside our PID namespace are left
 * out.
 */
export function processesBelow(path: string, mount: string = mountOf(path)): number[] {
  // A path that leaves the root of our control-group namespace (cgroup_namespaces(7)) names nothing that is mounted
  // here.
  if (!path.startsWith('/') || path.split('/').includes('..')) return [];
  const pids: number[] = [];
  // Not recursive: how deep it goes is up to whoever the control group was delegated to.
  const directories = [join(mount, path)];
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    pids.push(...processesIn(directory));
    for (const name of childrenOf(directory)) directories.push(join(directory, name));
  }
  return pids;
}

/**
 * Ends every process in a control group and those below it, also those that fork meanwhile (cgroup.kill, Linux 5.14).
 * False where the kernel cannot, as with control groups of version 1; then nothing has been done.
 * @param mount where its hierarchy is mounted; found by itself
 */
export function killControlGroup(path: string, mount: string = mountOf(path)): boolean {
  if (!path.startsWith('/') || path === '/' || path.split('/').includes('..')) return false;
  return (
    ifReadable(() => {
      writeFileSync(join(mount, path, 'cgroup.kill'), '1', { flag: 'r+' });
      return true;
    }) === true
  );
}

/**
 * The file into which the number of a process is written that is to be in a control group; undefined where there is no
 * such group.
 */
export function membershipFile(path: string): string | undefined {
  if (!path.startsWith('/') || path.split('/').includes('..')) return undefined;
  const file = join(mountOf(path), path, 'cgroup.procs');
  return existsSync(file) ? file : undefined;
}

function processesIn(directory: string): number[] {
  const lines = ifReadable(() => readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n')) ?? [];
  return lines.map(Number).filter((pid) => pid > 0);
}

function childrenOf(directory: string): string[] {
  const entries = ifReadable(() => readdirSync(directory, { withFileTypes: true })) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/**
 * Version 2 alone is mounted at /sys/fs/cgroup; version 1 has a directory there for every hierarchy, and maybe one for
 * version 2.
 */
function mountOf(path: string): string {
  const mounts = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];
  if (statfsSync('/sys/fs/cgroup').type === CGROUP2_SUPER_MAGIC) return '/sys/fs/cgroup';
  return mounts.find((mount) => existsSync(join(mount, path))) ?? '/sys/fs/cgroup';
}

const CGROUP2_SUPER_MAGIC = 0x63677270;

function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ENODEV: it was removed while open. ENOTSUP: a threaded one, whose processes are listed by its domain
    // (cgroups(7)).
    // ENAMETOOLONG: somebody hides below 4096 bytes of names; that must not keep the others from being found.
    if (code !== undefined && ['ENOENT', 'ENODEV', 'ENOTSUP', 'ENAMETOOLONG'].includes(code)) return undefined;
    throw error;
  }
}
