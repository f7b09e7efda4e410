import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DaemonProcess, openDirectory } from '../../support/daemon-process.ts';
import { type Container, containersUnavailable, startContainers, stopAllContainers } from '../../support/namespaces.ts';
import { call, listMachines, type Reply } from './calls.ts';
import { kept } from './kept.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const systemError = (errno: number, errnoName: string): Reply[] => [
  { error: 'io.systemd.System', parameters: { origin: 'linux', errno, errnoName } },
];

/** The directory is a file system of its own; the sockets are elsewhere, as if a service manager had opened them. */
describe.skipIf(unavailable !== undefined)('a state directory', { timeout: 60_000 }, () => {
  let directory: string;
  let states: string;
  let daemon: DaemonProcess;
  let one: Container;
  let two: Container;

  beforeEach(async () => {
    directory = openDirectory('mymachines-disk-');
    states = join(directory, 'machines');
    mkdirSync(states);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,nr_inodes=20,mode=755', 'tmpfs', states]);
    daemon = await DaemonProcess.start(directory);
    [one, two] = (await startContainers(2)) as [Container, Container];
  });
  afterEach(async () => {
    await stopAllContainers();
    await daemon.stop();
    execFileSync('umount', [states]);
    rmSync(directory, { recursive: true });
  });

  const register = (name: string, { pid }: Container) =>
    call(daemon.machineSocket, 'io.systemd.Machine.Register', { name, class: 'container', leader: pid });
  const unregister = (name: string) => call(daemon.machineSocket, 'io.systemd.Machine.Unregister', { name });
  const names = async () => [...(await listMachines(daemon.machineSocket)).keys()];
  const remount = (how: 'ro' | 'rw') => execFileSync('mount', ['-o', `remount,${how}`, states]);
  const restart = async () => {
    await daemon.stop('SIGKILL');
    daemon = await DaemonProcess.start(directory);
  };
  const answersLookups = async () =>
    call(daemon.userdbSocket, 'io.systemd.UserDatabase.GetUserRecord', {
      userName: 'vu-one-0',
      service: 'io.systemd.Machine',
    });

  test.each([
    ['without room', (name: string) => writeFileSync(name, Buffer.alloc(4096))],
    ['without inodes', (name: string) => writeFileSync(name, '')],
  ])('%s refuses machines, lets them go, and takes them again', async (_title, fill) => {
    expect(await register('one', one)).toEqual([{}]);
    const fillers: string[] = [];
    expect(() => {
      for (let count = 0; count < 1000; count++) {
        // No machine has such a name, so that nobody takes it for one.
        const filler = join(states, `+${count}`);
        fillers.push(filler);
        fill(filler);
      }
    }).toThrow('ENOSPC');
    for (const again of [false, true]) {
      if (again) await restart();
      expect(await register('two', two)).toEqual(systemError(28, 'ENOSPC'));
      expect(await names()).toEqual(['one']);
      expect(await answersLookups()).toMatchObject([{ parameters: { record: { userName: 'vu-one-0' } } }]);
      expect(kept(directory).filter((name) => !name.startsWith('+'))).toEqual(['one']);
    }
    expect(await unregister('one')).toEqual([{}]);
    for (const filler of fillers) rmSync(filler, { force: true });
    expect(await register('two', two)).toEqual([{}]);
    await restart();
    expect(await names()).toEqual(['two']);
    expect(kept(directory)).toEqual(['two']);
  });

  test('that becomes read-only refuses every change, and loses nothing', async () => {
    expect(await register('one', one)).toEqual([{}]);
    expect(await register('two', two)).toEqual([{}]);
    const files = kept(directory);
    remount('ro');
    for (const again of [false, true]) {
      if (again) await restart();
      expect(await unregister('one')).toEqual(systemError(30, 'EROFS'));
      expect(await names()).toEqual(['one', ...(again ? [] : ['two'])]);
      expect(await answersLookups()).toMatchObject([{ parameters: { record: { userName: 'vu-one-0' } } }]);
      if (!again) {
        await two.stop();
        await vi.waitFor(async () => expect(await names()).toEqual(['one']), 5000);
      }
      expect(await register('three', one)).toEqual(systemError(17, 'EEXIST'));
      expect(daemon.log).toMatch(/cannot be removed.*EROFS/);
      expect(kept(directory)).toEqual(files);
    }
    remount('rw');
    expect(await unregister('one')).toEqual([{}]);
    expect(await register('one', one)).toEqual([{}]);
    await restart();
    expect(await names()).toEqual(['one']);
    expect(kept(directory)).toEqual(['one']);
  });
});
