import { mkdirSync, rmdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CGROUP2_SUPER_MAGIC = 0x63677270;
const mount = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) => {
  try {
    return statfsSync(path).type === CGROUP2_SUPER_MAGIC;
  } catch {
    return false;
  }
});

/** Why control groups cannot be made here, for `describe.skipIf`, or undefined. */
export function controlGroupsUnavailable(): string | undefined {
  if (mount === undefined) return 'no control groups of version 2 are mounted';
  try {
    new TestControlGroup('mymachines-probe.scope').remove();
    return undefined;
  } catch (error) {
    return `control groups cannot be made: ${(error as Error).message}`;
  }
}

/** A control group of a test's own, at the top of the hierarchy, where the name of one is that of a unit. */
export class TestControlGroup {
  readonly path: string;
  readonly #directory: string;

  constructor(...components: string[]) {
    this.path = `/${components.join('/')}`;
    this.#directory = join(mount ?? '', this.path);
    mkdirSync(this.#directory);
  }

  /** Moves a process into it. */
  add(pid: number): void {
    writeFileSync(join(this.#directory, 'cgroup.procs'), String(pid));
  }

  /** It must be empty. */
  remove(): void {
    rmdirSync(this.#directory);
  }
}
