import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { check, declare } from '../../../../src/linux/libc.ts';
import type { MachineName } from '../../../../src/machine/machine-name.ts';
import { Registry } from '../../../../src/machine/registry.ts';
import { MachineRoots } from '../../../../src/sources/kernel/roots/machine-roots.ts';
import { OsReleases } from '../../../../src/sources/kernel/roots/os-releases.ts';
import { rootsProgram } from '../../../support/build.ts';
import { watched } from '../../../support/our-programs.ts';
import { ledBy } from './root-processes.ts';

const prlimit = declare('int prlimit64(int pid, int resource, void *wanted, void *found)');
const RLIMIT_NOFILE = 7;

/** Lets this process open so many descriptors more; returns what undoes it. */
function leave(free: number): () => void {
  const before = new BigUint64Array(2);
  const lowest = openSync('/dev/null', 'r');
  closeSync(lowest);
  const limit = (wanted: BigUint64Array | null, found: BigUint64Array | null): void =>
    void check(prlimit(0, RLIMIT_NOFILE, wanted, found), 'prlimit', 'RLIMIT_NOFILE');
  limit(null, before);
  limit(new BigUint64Array([BigInt(lowest + free), before[1] as bigint]), null);
  return () => limit(before, null);
}

it.each([0, 1, 2, 3, 4, 5, 6, 8, 12])(
  'os-release files are not available where %i descriptors are left for a process, and are as soon as there are more',
  async (free) => {
    const roots = new MachineRoots(watched(rootsProgram));
    const registry = new Registry();
    const first = ledBy(process.pid);
    registry.add(first);
    registry.add({ ...ledBy(process.ppid), name: 'second' as MachineName });
    const releases = new OsReleases(registry, roots);
    const restore = leave(free);
    try {
      const outcomes = await Promise.allSettled([releases.of(first, ':1.1'), roots.osRelease(first)]);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'not-available' });
        else expect(outcome.value.length).toBeGreaterThan(0);
      }
      await sleep(50);
    } finally {
      restore();
    }
    expect((await roots.osRelease(first)).length).toBeGreaterThan(0);
    roots.close();
  },
);
