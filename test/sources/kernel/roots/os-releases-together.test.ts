import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { MachineRoots } from '../../../../src/sources/kernel/roots/machine-roots.ts';
import { startProcess, stop } from '../../../linux/process-tree.ts';
import { sampleMachine } from '../../../machine/sample-machine.ts';
import { rootsProgram } from '../../../support/build.ts';
import { answering, watched } from '../../../support/our-programs.ts';
import { ledBy, rootProcesses } from './root-processes.ts';
import { silentContainerUnavailable, startSilentContainer } from './silent-container.ts';

const directory = mkdtempSync(join(tmpdir(), 'mymachines-os-releases-'));
const made: MachineRoots[] = [];

function roots(path: string): MachineRoots {
  const one = new MachineRoots(watched(path));
  made.push(one);
  return one;
}

function written(source: string): string {
  const path = join(directory, 'program.cjs');
  writeFileSync(path, source);
  return path;
}

afterEach(() => {
  for (const one of made.splice(0)) one.close();
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('the OS releases of several machines', () => {
  it('are what each says by itself', async () => {
    const child = startProcess();
    const one = roots(rootsProgram);
    const value = await one.osRelease(ledBy());
    const [vm, ended] = [sampleMachine('guest', { class: 'vm' }), { ...ledBy(), leader: { pid: 1, pidfdId: 1 } }];
    const ask = () => Promise.allSettled(one.osReleases([ledBy(), vm, ended, ledBy(child.pid)]));
    // Not all at the first try where this machine is busy.
    await expect.poll(ask, { timeout: 10_000 }).toMatchObject([
      { status: 'fulfilled', value },
      { status: 'rejected', reason: { code: 'not-available' } },
      { status: 'rejected', reason: { code: 'no-os-release-information' } },
      { status: 'fulfilled', value },
    ]);
    expect(one.osReleases([])).toEqual([]);
    await stop(child);
  });

  it.skipIf(silentContainerUnavailable() !== undefined)(
    'are there up to one that does not answer, and that costs one process (needs root and FUSE)',
    async () => {
      const silent = await startSilentContainer();
      const child = startProcess();
      try {
        const one = roots(rootsProgram);
        await one.osRelease(ledBy());
        const start = performance.now();
        const answers = one.osReleases([ledBy(), ledBy(silent.pid), ledBy(child.pid)]);
        const outcomes = Promise.allSettled(answers);
        expect(await answers[0]).toEqual(await one.osRelease(ledBy(child.pid)));
        await expect(answers[2]).rejects.toMatchObject({ code: 'not-available' });
        expect(performance.now() - start).toBeLessThan(1800);
        expect(await outcomes).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected' }, { status: 'rejected' }]);
        expect(performance.now() - start).toBeGreaterThan(1900);
        await expect(one.osRelease(ledBy(silent.pid))).rejects.toMatchObject({ code: 'not-available' });
        expect(rootProcesses()).toHaveLength(2);
      } finally {
        silent.stop();
        await stop(child);
      }
    },
  );

  it('that were left to others are of no further consequence when they are come to', async () => {
    // Each number is how many milliseconds it takes.
    const one = roots(
      written(`
      const wait = (time) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, time);
      ${answering(`(questions) => {
        for (const { machine: { leader } } of questions) {
          wait(leader.pid);
          say({ fields: ['ID=' + leader.pid] });
        }
      }`)}`),
    );
    const machine = (pid: number) => sampleMachine('some', { leader: { pid } });
    const answers = one.osReleases([machine(600), machine(1), machine(2)]);
    const reasons = answers.slice(1).map((answer) => expect(answer).rejects.toMatchObject({ code: 'not-available' }));
    await Promise.all(reasons);
    expect(await one.osRelease(machine(1))).toEqual(['ID=1']);
    expect(await answers[0]).toEqual(['ID=600']);
    for (const pid of [2, 3, 1, 600]) expect(await one.osRelease(machine(pid))).toEqual([`ID=${pid}`]);
  });
});
