import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The numbers of all processes in a control group and those below it, as they are now: some may be other processes a
 * moment later, so look again at what is pinned. A control group that is gone has none.
 * @param path as in /proc/PID/cgroup, with `/machine.slice/machine-web.scope`
 */
export function processesBelow(path: string): number[] {
  const pids: number[] = [];
  const pending = [join(hierarchy(), path)];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    try {
      pids.push(...readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number));
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        if (entry.isDirectory()) pending.push(join(directory, entry.name));
      }
    } catch (error) {
      // Removed meanwhile, or threaded, and so without a list of its own (cgroups(7)).
      if (!['ENOENT', 'ENODEV', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return pids;
}

/** Where the hierarchy is mounted that systemd keeps: version 2 alone, or beside version 1 (mixed), or version 1. */
function hierarchy(): string {
  const candidates = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];
  return candidates.find((path) => fileSystemOf(path) === CGROUP2_SUPER_MAGIC) ?? '/sys/fs/cgroup/systemd';
}

/** statfs(2) */
const CGROUP2_SUPER_MAGIC = 0x63677270;

function fileSystemOf(path: string): number | undefined {
  try {
    return statfsSync(path).type;
  } catch {
    return undefined;
  }
}
