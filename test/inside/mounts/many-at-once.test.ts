import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MountProcesses } from '../../../src/inside/mounts/mount-processes.ts';
import { isRoot, startProcess, stop, untilRuns } from '../../linux/process-tree.ts';
import { mountsProgram } from '../../support/build.ts';
import { childrenRunning } from '../../support/child-processes.ts';
import { watched } from '../../support/our-programs.ts';
import { machineOf } from './machine-of.ts';

it.skipIf(!isRoot)('bind mounts are done a few at a time, and too many are refused (needs root)', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-mounts-'));
  const container = startProcess('unshare', ['--mount', 'sleep', '1000']);
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, childrenRunning(mountsProgram).length);
  }, 5);
  try {
    await untilRuns(container.pid, 'sleep');
    const machine = machineOf(container.pid);
    const mounts = new MountProcesses(watched(mountsProgram), { waiting: 6 });
    const bind = (_: unknown, index: number): Promise<void> =>
      mounts.bind(machine, { source: '/usr', destination: join(directory, `${index}`), readOnly: true, mkdir: true });
    const results = await Promise.allSettled(Array.from({ length: 16 }, bind));
    const told = results.map((one) => (one.status === 'rejected' ? one.reason.code : 'done'));
    expect(told).toEqual([...Array(10).fill('done'), ...Array(6).fill('too-many-operations')]);
    expect(readFileSync(`/proc/${container.pid}/mountinfo`, 'utf8').split(` ${directory}/`)).toHaveLength(11);
    expect(most).toBeGreaterThan(0);
    // The next may be there before one that has answered is gone.
    expect(most).toBeLessThanOrEqual(8);
    // Whoever comes later is served.
    await bind(undefined, 16);
    await expect.poll(() => childrenRunning(mountsProgram)).toEqual([]);
  } finally {
    clearInterval(timer);
    await stop(container);
    rmSync(directory, { recursive: true });
  }
});
