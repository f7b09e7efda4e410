import { closeSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MachineRoots } from '../../../../src/sources/kernel/roots/machine-roots.ts';
import { openDescriptors } from '../../../linux/descriptors.ts';
import { isRoot, startProcess, stop, untilRuns } from '../../../linux/process-tree.ts';
import { sampleMachine } from '../../../machine/sample-machine.ts';
import { rootsProgram } from '../../../support/build.ts';
import { answering, watched } from '../../../support/our-programs.ts';
import { startTerminalContainer } from '../../../support/terminal-container.ts';
import { ledBy, rootProcesses } from './root-processes.ts';
import { silentContainerUnavailable, startSilentContainer } from './silent-container.ts';

const directory = mkdtempSync(join(tmpdir(), 'mymachines-roots-'));
const made: MachineRoots[] = [];

/** @param source of the program that the processes run, instead of the real one */
function roots(source?: string): MachineRoots {
  const path = join(directory, 'program.cjs');
  if (source !== undefined) writeFileSync(path, source);
  const one = new MachineRoots(watched(source === undefined ? rootsProgram : path));
  made.push(one);
  return one;
}

let before: Map<number, string>;
beforeEach(() => {
  before = openDescriptors();
});
afterEach(async () => {
  for (const one of made.splice(0)) one.close();
  // A channel to a process is closed when that process has been reaped.
  for (let turns = 0; turns < 200 && openDescriptors().size > before.size; turns++) await milliseconds(10);
  expect(openDescriptors()).toEqual(before);
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('the OS release of a machine', () => {
  it('is read, unquoted and in order', async () => {
    const fields = await roots().osRelease(ledBy());
    expect(fields.find((field) => field.startsWith('ID='))).toMatch(/^ID=[a-z]+$/);
    expect(fields.find((field) => field.startsWith('PRETTY_NAME='))).toMatch(/^PRETTY_NAME=[^"]+$/);
  });

  it('is not that of a later process with the same number', async () => {
    const machine = ledBy();
    const other = { ...machine, leader: { ...machine.leader, pidfdId: 1 } };
    await expect(roots().osRelease(other)).rejects.toMatchObject({ code: 'no-os-release-information' });
  });

  it('is not available of a VM', async () => {
    await expect(roots().osRelease(sampleMachine('guest', { class: 'vm' }))).rejects.toMatchObject({
      code: 'not-available',
    });
  });
});

describe('what a machine calls itself', () => {
  it('is in its /etc/hostname', async () => {
    expect(await roots().hostName(ledBy())).toBe(readFileSync('/etc/hostname', 'utf8').trim() || undefined);
  });

  it('is not that of a later process with the same number, nor told of a VM', async () => {
    const machine = ledBy();
    expect(await roots().hostName({ ...machine, leader: { ...machine.leader, pidfdId: 1 } })).toBeUndefined();
    await expect(roots().hostName(sampleMachine('guest', { class: 'vm' }))).rejects.toMatchObject({
      code: 'not-available',
    });
  });
});

describe('the accounts of a machine', () => {
  it('are those that its account files name', async () => {
    const { users, groups } = await roots().accounts(ledBy());
    const numbers = (path: string) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .flatMap((line) => line.split(':')[2] ?? [])
        .map(Number);
    expect(Array.from(users)).toEqual([...new Set(numbers('/etc/passwd'))].sort((a, b) => a - b));
    expect(Array.from(groups)).toEqual([...new Set(numbers('/etc/group'))].sort((a, b) => a - b));
  });

  it('are not those of a later process with the same number, nor told of a VM', async () => {
    const machine = ledBy();
    for (const other of [
      { ...machine, leader: { ...machine.leader, pidfdId: 1 } },
      sampleMachine('guest', { class: 'vm' }),
    ]) {
      await expect(roots().accounts(other)).rejects.toMatchObject({ code: 'not-available' });
    }
  });
});

describe('the root directory of a machine', () => {
  it('is the host’s own for .host, to be read from', async () => {
    const fd = await roots().openRootDirectory(ledBy(1, { class: 'host' }));
    expect(readdirSync(`/proc/self/fd/${fd}`)).toEqual(readdirSync('/'));
    // O_RDONLY | O_DIRECTORY | O_CLOEXEC, and O_LARGEFILE, which the kernel adds.
    const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    expect(flags).toMatch(/^02[13]0{4,}$/);
    closeSync(fd);
  });

  it('is not supported of a VM', async () => {
    await expect(roots().openRootDirectory(sampleMachine('guest', { class: 'vm' }))).rejects.toMatchObject({
      code: 'not-supported',
    });
  });

  it('is that of no later process with the leader’s number, and of none that has ended', async () => {
    const child = startProcess();
    const machine = ledBy(child.pid);
    const one = roots();
    closeSync(await one.openRootDirectory(machine));
    const other = { ...machine, leader: { ...machine.leader, pidfdId: 1 } };
    await expect(one.openRootDirectory(other)).rejects.toMatchObject({ code: 'no-such-process' });
    await stop(child);
    await expect(one.openRootDirectory(machine)).rejects.toMatchObject({ code: 'no-such-process' });
  });

  it.skipIf(!isRoot)(
    'shows what the leader sees, also when it has ended, and nothing stays open (needs root)',
    async () => {
      const script = 'mount -t tmpfs none /etc && echo inside >/etc/seen-by-child && exec sleep 1000';
      const child = startProcess('unshare', ['--mount', 'sh', '-c', script]);
      await untilRuns(child.pid, 'sleep');
      const machine = ledBy(child.pid);
      const one = roots();
      const first = await one.openRootDirectory(machine);
      expect(readFileSync(`/proc/self/fd/${first}/etc/seen-by-child`, 'utf8')).toBe('inside\n');
      expect(existsSync('/etc/seen-by-child')).toBe(false);

      const [process_] = rootProcesses();
      expect(rootProcesses()).toHaveLength(1);
      const inUse = openDescriptors().size;
      const inUseThere = () => readdirSync(`/proc/${process_}/fd`).length;
      const there = inUseThere();
      for (let turns = 0; turns < 100; turns++) closeSync(await one.openRootDirectory(machine));
      const many = await Promise.all(Array.from({ length: 100 }, () => one.openRootDirectory(machine)));
      for (const fd of many) closeSync(fd);
      expect(openDescriptors().size).toBe(inUse);
      for (let turns = 0; turns < 100 && inUseThere() > there; turns++) await milliseconds(10);
      // It closes one a moment after it was taken, so that there may have been one more at first.
      expect(inUseThere()).toBeLessThanOrEqual(there);
      expect(rootProcesses()).toEqual([process_]);

      await stop(child);
      expect(readdirSync(`/proc/self/fd/${first}`)).toContain('etc');
      closeSync(first);
    },
  );
});

describe('a terminal of a machine', () => {
  it.skipIf(!isRoot)('is of its own devpts, and nothing stays open (needs root)', async () => {
    const container = await startTerminalContainer();
    const one = roots();
    const opened = await Promise.all([1, 2, 3].map(() => one.openTerminal(ledBy(container.pid))));
    expect(opened.map(({ number }) => number)).toEqual([0, 1, 2]);
    const there = () => readdirSync(`/proc/${container.pid}/root/dev/pts`).filter((name) => name !== 'ptmx');
    expect(there()).toHaveLength(3);
    for (const { descriptor } of opened) closeSync(descriptor);
    for (let turns = 0; turns < 100 && there().length > 0; turns++) await milliseconds(10);
    expect(there()).toEqual([]);

    await expect(one.openTerminal(ledBy(container.pid, { class: 'vm' }))).rejects.toMatchObject({
      code: 'not-supported',
    });
    const machine = ledBy(container.pid);
    await container.stop();
    await expect(one.openTerminal(machine)).rejects.toMatchObject({ code: 'no-such-process' });
  });

  it.skipIf(!isRoot)('is refused with EPROTO where it has none to give (needs root)', async () => {
    const container = await startTerminalContainer('umount /dev/pts');
    await expect(roots().openTerminal(ledBy(container.pid))).rejects.toMatchObject({
      code: 'system-failure',
      errnoName: 'EPROTO',
    });
    await container.stop();
  });
});

describe('a machine that does not answer', () => {
  it.skipIf(silentContainerUnavailable() !== undefined)(
    'is given up after two seconds, and holds no other up (needs root and FUSE)',
    async () => {
      const silent = await startSilentContainer();
      try {
        const machine = ledBy(silent.pid);
        const one = roots();
        const start = performance.now();
        const settled = Promise.allSettled([
          one.openRootDirectory(machine),
          one.osRelease(machine),
          one.openTerminal(machine),
        ]);
        await one.osRelease(ledBy());
        expect(performance.now() - start).toBeLessThan(1500);
        for (const outcome of await settled) {
          expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'not-available' } });
        }
        const elapsed = performance.now() - start;
        expect(elapsed).toBeGreaterThan(1900);
        expect(elapsed).toBeLessThan(3500);
        // The file system has taken the question, so no signal ends who waits for the answer; nobody else is to.
        expect(rootProcesses()).toHaveLength(2);
        await expect(one.osRelease(machine)).rejects.toMatchObject({ code: 'not-available' });
        expect(performance.now() - start - elapsed).toBeLessThan(100);
        await one.osRelease(ledBy());
        expect(rootProcesses()).toHaveLength(2);
        silent.stop();
        for (let turns = 0; turns < 200 && rootProcesses().length > 1; turns++) await milliseconds(10);
        expect(rootProcesses()).toHaveLength(1);
      } finally {
        silent.stop();
      }
    },
  );

  it('keeps one process at most', async () => {
    // Stuck at every question of machines but one: it writes down whom it was asked about.
    const log = join(directory, 'asked');
    const one = roots(`
      const fs = require('node:fs');
      ${answering(`([{ machine: { leader } }]) => {
        fs.appendFileSync(${JSON.stringify(log)}, leader.pid + '\\n');
        if (leader.pid < 9000) for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        say({ fields: ['ID=answered'] });
      }`)}`);
    const ask = (pid: number) => one.osRelease(sampleMachine('some', { leader: { pid } }));
    const stuck = Promise.allSettled([1, 1, 1, 2, 3, 4, 5, 6, 7].map(ask));
    const start = performance.now();
    expect(await ask(9000)).toEqual(['ID=answered']);
    for (const outcome of await stuck) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'not-available' } });
    }
    expect(performance.now() - start).toBeLessThan(6000);
    expect(readFileSync(log, 'utf8').trim().split('\n').map(Number).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 9000]);
  });

  it('is not available when the process dies, or cannot be started', async () => {
    for (const source of [answering('() => process.exit(1)'), 'throw new Error();']) {
      const one = roots(source);
      await expect(one.osRelease(ledBy())).rejects.toMatchObject({ code: 'not-available' });
      await expect(one.openRootDirectory(ledBy())).rejects.toMatchObject({ code: 'not-available' });
    }
  });

  it('is not waited for after the end', async () => {
    const one = roots(answering('() => {}'));
    const answers = Promise.allSettled([one.osRelease(ledBy()), one.openRootDirectory(ledBy())]);
    one.close();
    for (const outcome of await answers) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'not-available' } });
    }
  });

  it('says so when a descriptor is not there to be taken', async () => {
    const one = roots(answering('() => say({ passed: true })'));
    await expect(one.openRootDirectory(ledBy())).rejects.toMatchObject({ code: 'EMFILE' });
  });
});

function milliseconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count));
}
