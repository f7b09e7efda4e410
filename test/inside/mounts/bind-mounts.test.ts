import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MountProcesses } from '../../../src/inside/mounts/mount-processes.ts';
import type { MountRequest } from '../../../src/machine/inside-operations.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { openDescriptors } from '../../linux/descriptors.ts';
import { isRoot, startProcess, stop, untilRuns } from '../../linux/process-tree.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { silentContainerUnavailable, startSilentContainer } from '../../sources/kernel/roots/silent-container.ts';
import { mountsProgram } from '../../support/build.ts';
import { childrenRunning } from '../../support/child-processes.ts';
import { watched } from '../../support/our-programs.ts';
import { machineOf } from './machine-of.ts';

/** A container whose files are those of the host, in a mount namespace of its own with a writable directory. */
let container: ReturnType<typeof startProcess> | undefined;
let directory: string;
let before: Map<number, string>;
const mounts = new MountProcesses(watched(mountsProgram));

beforeEach(() => {
  before = openDescriptors();
  directory = mkdtempSync(join(tmpdir(), 'mymachines-mounts-'));
  mkdirSync(join(directory, 'source/below'), { recursive: true });
  writeFileSync(join(directory, 'source/file'), 'of the host');
  mkdirSync(join(directory, 'inside'));
});
afterEach(async () => {
  if (container !== undefined) await stop(container);
  container = undefined;
  // What was done in a container is nowhere else, and nothing is left of how it was done.
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(directory);
  rmSync(directory, { recursive: true });
  await expect.poll(() => childrenRunning(mountsProgram)).toEqual([]);
  await expect.poll(() => openDescriptors()).toEqual(before);
});
afterAll(() => expect(childrenRunning(mountsProgram)).toEqual([]));

/** @param options of unshare(1) */
async function start(...options: string[]): Promise<Machine> {
  container = startProcess('unshare', ['--mount', ...options, 'sleep', '1000']);
  await untilRuns(container.pid, 'sleep');
  return machineOf(container.pid);
}

const requestOf = (source: string, destination: string, more: Partial<MountRequest> = {}): MountRequest => ({
  source: join(directory, source),
  destination: join(directory, destination),
  readOnly: false,
  mkdir: false,
  ...more,
});
const bind = (machine: Machine, source: string, destination: string, more?: Partial<MountRequest>): Promise<void> =>
  mounts.bind(machine, requestOf(source, destination, more));
/** Runs a shell command where the container's mounts are. */
const inContainer = (command: string): string =>
  execFileSync('nsenter', ['-t', `${container?.pid}`, '-m', 'sh', '-c', `cd ${directory}; ${command}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const mountsBelow = (): number =>
  readFileSync(`/proc/${container?.pid}/mountinfo`, 'utf8')
    .split('\n')
    .filter((line) => line.includes(directory)).length;

describe.skipIf(!isRoot)('a bind mount (needs root)', () => {
  it('shows a directory of the host in the container, and there only', async () => {
    await bind(await start(), 'source', 'inside');
    expect(inContainer('cat inside/file; echo new >inside/made')).toBe('of the host');
    expect(readFileSync(join(directory, 'source/made'), 'utf8')).toBe('new\n');
    expect(readdirSync(join(directory, 'inside'))).toEqual([]);
  });

  it('shows a file, at a file', async () => {
    writeFileSync(join(directory, 'inside/place'), 'before');
    await bind(await start(), 'source/file', 'inside/place');
    expect(inContainer('cat inside/place')).toBe('of the host');
    expect(readFileSync(join(directory, 'inside/place'), 'utf8')).toBe('before');
  });

  it('can be read-only', async () => {
    await bind(await start(), 'source', 'inside', { readOnly: true });
    expect(() => inContainer('echo new >inside/made')).toThrow(/Read-only file system/);
    expect(inContainer('cat inside/file')).toBe('of the host');
  });

  it('does not have what is mounted below its source', async () => {
    const machine = await start();
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(directory, 'source/below')]);
    try {
      writeFileSync(join(directory, 'source/below/deep'), '');
      await bind(machine, 'source', 'inside');
      expect(inContainer('ls inside inside/below')).not.toContain('deep');
    } finally {
      execFileSync('umount', [join(directory, 'source/below')]);
    }
  });

  it('takes the place of the one that was there before', async () => {
    const machine = await start();
    mkdirSync(join(directory, 'other'));
    writeFileSync(join(directory, 'other/file'), 'of the other');
    await bind(machine, 'source', 'inside');
    await bind(machine, 'other', 'inside');
    expect(inContainer('cat inside/file')).toBe('of the other');
    expect(mountsBelow()).toBe(1);
    await bind(machine, 'source/file', 'inside/file');
    await bind(machine, 'other/file', 'inside/file', { readOnly: true });
    expect(inContainer('cat inside/file')).toBe('of the other');
    expect(mountsBelow()).toBe(2);
  });

  it('has what of its destination is missing made, with the modes that systemd gives it', async () => {
    const machine = await start();
    await bind(machine, 'source', 'inside/a/b/c', { mkdir: true });
    await bind(machine, 'source/file', 'inside/a/file', { mkdir: true });
    expect(inContainer('cat inside/a/b/c/file inside/a/file')).toBe('of the hostof the host');
    const mode = (path: string) => (statSync(join(directory, 'inside', path)).mode & 0o7777).toString(8);
    expect(['a', 'a/b', 'a/b/c', 'a/file'].map(mode)).toEqual(['755', '755', '700', '600']);
  });

  it.each([
    ['a source that is not there', 'nothing', 'inside', false, 'ENOENT'],
    ['a destination that is not there', 'source', 'inside/nothing', false, 'ENOENT'],
    ['a directory at a file', 'source', 'inside/place', true, 'EINVAL'],
    ['a file at a directory', 'source/file', 'inside', true, 'EINVAL'],
    ['a destination below a file', 'source', 'inside/place/below', true, 'ENOTDIR'],
    ['a directory at a link to one', 'source', 'link', true, 'EINVAL'],
    ['a destination behind links without end', 'source', 'loop/below', true, 'ELOOP'],
  ])('is refused for %s, and leaves nothing', async (_, source, destination, mkdir, errnoName) => {
    const machine = await start();
    writeFileSync(join(directory, 'inside/place'), '');
    symlinkSync('inside', join(directory, 'link'));
    symlinkSync('loop', join(directory, 'loop'));
    await expect(bind(machine, source, destination, { mkdir })).rejects.toMatchObject({
      code: 'system-failure',
      errnoName,
      message: expect.stringContaining(`Failed to mount ${join(directory, source)} on ${join(directory, destination)}`),
    });
    expect(mountsBelow()).toBe(0);
    expect(readdirSync(directory).sort()).toEqual(['inside', 'link', 'loop', 'source']);
    expect(readdirSync(join(directory, 'inside'))).toEqual(['place']);
  });

  it('removes the directories that it made when it fails after all', async () => {
    // A file system that has room for two directories.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=3', 'tmpfs', join(directory, 'inside')]);
    try {
      await expect(bind(await start(), 'source', 'inside/a/b/c/d', { mkdir: true })).rejects.toMatchObject({
        errnoName: 'ENOSPC',
      });
      expect(readdirSync(join(directory, 'inside'))).toEqual([]);
    } finally {
      execFileSync('umount', [join(directory, 'inside')]);
    }
  });

  it('is not for a leader that sees the mounts of the host, has ended, or is another now', async () => {
    container = startProcess();
    await untilRuns(container.pid, 'sleep');
    const machine = machineOf(container.pid);
    await expect(bind(machine, 'source', 'inside')).rejects.toMatchObject({ errnoName: 'EINVAL' });
    const other = { ...machine, leader: { ...machine.leader, pidfdId: 1 } };
    await expect(bind(other, 'source', 'inside')).rejects.toMatchObject({ code: 'no-such-process' });
    await stop(container);
    await expect(bind(machine, 'source', 'inside')).rejects.toMatchObject({ code: 'no-such-process' });
  });

  it('is for containers only', async () => {
    const vm = sampleMachine('guest', { class: 'vm' });
    await expect(bind(vm, 'source', 'inside')).rejects.toMatchObject({ code: 'not-supported' });
  });
});

describe.skipIf(!isRoot)('a bind mount into a user namespace (needs root)', () => {
  const root = 1_879_048_192;
  const startMapped = async (): Promise<Machine> => {
    const machine = await start('--user');
    for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${machine.leader.pid}/${map}`, `0 ${root} 65536`);
    return machine;
  };

  it("makes directories that are its root's, and leaves the owners of files as they are", async () => {
    chownSync(join(directory, 'inside'), root + 1000, root + 1000);
    await bind(await startMapped(), 'source', 'inside/a/b', { mkdir: true });
    const owner = (path: string) => statSync(join(directory, 'inside', path)).uid;
    expect([owner('a'), owner('a/b')]).toEqual([root, root]);
    expect(inContainer('stat -c %u inside/a/b/file')).toBe('0\n');
  });

  it('makes nothing where its root may not', async () => {
    const machine = await startMapped();
    await expect(bind(machine, 'source', 'inside/a', { mkdir: true })).rejects.toMatchObject({ errnoName: 'EACCES' });
    expect(readdirSync(join(directory, 'inside'))).toEqual([]);
  });
});

describe.skipIf(!isRoot)('a container that is hostile (needs root)', () => {
  it('swaps links on the way, and gets nothing outside of its root', async () => {
    // A root of its own: a directory with what the shell needs of the host's.
    const root = join(directory, 'root');
    for (const name of ['usr', 'tree', 'etc', 'proc']) mkdirSync(join(root, name), { recursive: true });
    for (const name of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name));
    mkdirSync(join(directory, 'outside'));
    const up = '../'.repeat(12);
    const text = `mount --bind /usr ${root}/usr; exec chroot ${root} sh -c '
      while :; do
        mkdir -p /tree/way; mv -T /tree/way /tree/kept; ln -s ${up}${directory.slice(1)}/outside /tree/way
        rm /tree/way; mv -T /tree/kept /tree/way
      done'`;
    container = startProcess('unshare', ['--mount', 'sh', '-c', text]);
    const { pid } = container;
    await expect.poll(() => existsSync(join(root, 'tree/way'))).toBe(true);
    await expect.poll(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sh')).toBe(true);
    const machine = machineOf(pid);
    let done = 0;
    for (let round = 0; round < 15; round++) {
      const request = { ...requestOf('source', ''), destination: `/tree/way/${round}`, mkdir: true };
      await mounts.bind(machine, request).then(
        () => done++,
        (error) => expect(error.code).toBe('system-failure'),
      );
    }
    expect(done).toBeGreaterThan(0);
    expect(readdirSync(join(directory, 'outside'))).toEqual([]);
    await stop(container);
  });

  it('dies in the middle, and leaves nothing', async () => {
    for (let delay = 0; delay <= 160; delay += 20) {
      const machine = await start();
      const bound = bind(machine, 'source', 'inside').then(
        () => 'done',
        (error) => error.code,
      );
      await new Promise((resolve) => setTimeout(resolve, delay));
      await stop(container as NonNullable<typeof container>);
      expect(['done', 'no-such-process', 'system-failure']).toContain(await bound);
    }
  });

  it.skipIf(silentContainerUnavailable() !== undefined)(
    'has files that never answer: it is given up, and others are served (needs FUSE)',
    async () => {
      const impatient = new MountProcesses(watched(mountsProgram), { patience: 1500 });
      const silent = await startSilentContainer();
      const machine = machineOf(silent.pid);
      try {
        const there = { source: join(directory, 'source'), destination: '/there', readOnly: false, mkdir: true };
        await expect(impatient.bind(machine, there)).rejects.toMatchObject({ code: 'timed-out' });
        const other = await start();
        await impatient.bind(other, requestOf('source', 'inside'));
        expect(inContainer('cat inside/file')).toBe('of the host');
      } finally {
        silent.stop();
      }
    },
  );
});
