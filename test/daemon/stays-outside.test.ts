import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProcess, stop, untilRuns } from '../linux/process-tree.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { type Container, containersUnavailable, startContainers, stopAllContainers } from '../support/namespaces.ts';
import { hasProgram } from '../support/programs.ts';
import { call } from './keeping/calls.ts';

const unavailable = containersUnavailable() ?? (hasProgram('strace') ? undefined : 'there is no strace here');
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

/** By which a process comes into another namespace, gets another root, or changes what is mounted. */
const ENTERING = ['setns', 'unshare', 'chroot', 'pivot_root', 'mount', 'umount2', 'move_mount', 'open_tree', 'fsopen'];
/** By which it makes another that could: also all their CLONE_NEW… flags. */
const CLONING = ['clone', 'clone3'];
const isEntering = (line: string): boolean => new RegExp(`\\b(${ENTERING.join('|')})\\(|CLONE_NEW`).test(line);
/** The number at the beginning of a line of strace. */
const processOf = (line: string): string => /^\d+/.exec(line)?.[0] ?? '';

describe.skipIf(unavailable !== undefined)('the daemon', { timeout: 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-outside-'));
  const log = join(directory, 'calls');
  let daemon: DaemonProcess;

  beforeAll(async () => {
    const calls = [...ENTERING, ...CLONING, 'execve'].map((name) => `?${name}`).join(',');
    const through = ['strace', '-D', '-f', '--seccomp-bpf', '-s', '500', '-o', log, '-e', `trace=${calls}`];
    daemon = await DaemonProcess.start(undefined, { through, more: ['--own-names', '--enumerate'] });
  });
  afterAll(async () => {
    await stopAllContainers();
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
    rmSync(directory, { recursive: true });
  });

  test('never enters a namespace or changes its root, whatever it is asked', async () => {
    const containers = await startContainers(8, (index) => ({ addresses: [`10.87.${index}.1/24`] }));
    const machine = (method: string, parameters: object, more = false) =>
      call(daemon.machineSocket, `io.systemd.Machine.${method}`, parameters, more);
    const ask = async ({ pid }: Container, index: number): Promise<void> => {
      const name = `outside-${index}`;
      expect(await machine('Register', { name, class: index % 2 ? 'container' : 'vm', leader: pid })).toEqual([{}]);
      for (let round = 0; round < 5; round++) {
        await machine('List', { name, acquireMetadata: 'graceful' });
        await machine('List', { acquireMetadata: 'graceful' }, true);
        await machine('MapFrom', { name, uid: 0, gid: 0 });
        await machine('OpenRootDirectory', { name });
        await machine('Open', { name, mode: 'tty' });
        const service = 'io.systemd.Machine';
        await call(daemon.userdbSocket, 'io.systemd.UserDatabase.GetUserRecord', { service }, true);
        await call(daemon.userdbSocket, 'io.systemd.UserDatabase.GetUserRecord', { service, userName: `vu-${name}-0` });
        await call(daemon.hookSocket, 'io.systemd.Resolve.Hook.QueryFilter', {});
      }
      await machine(index < 4 ? 'Terminate' : 'Unregister', { name });
    };
    await Promise.all(containers.map(ask));
    const lines = readFileSync(log, 'utf8').split('\n');
    // It was looked at: it has started threads and the processes that read containers' files.
    expect(lines.filter((line) => /\bclone3?\(/.test(line)).length).toBeGreaterThan(4);
    expect(lines.filter((line) => /\bexecve\(/.test(line)).length).toBeGreaterThan(1);
    expect(lines.filter(isEntering)).toEqual([]);
    expect(existsSync(`/proc/${daemon.pid}/exe`)).toBe(true);
  });

  test('has things done inside of machines in processes of their own, which are all that goes there', async () => {
    const container = startProcess('unshare', ['--mount', 'sleep', '1000']);
    await untilRuns(container.pid, 'sleep');
    const machine = (method: string, parameters: object) =>
      call(daemon.machineSocket, `io.systemd.Machine.${method}`, { name: 'inside', ...parameters });
    expect(await machine('Register', { class: 'container', leader: container.pid })).toEqual([{}]);
    const target = mkdtempSync(join(directory, 'target-'));
    expect(await machine('BindMount', { source: '/etc', destination: target })).toEqual([{}]);
    expect(readFileSync(`/proc/${container.pid}/mountinfo`, 'utf8')).toContain(` ${target} `);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(target);
    const lines = readFileSync(log, 'utf8').split('\n');
    const programs = lines.filter((line) => /execve\(.*"[^"]*\/mounts\/program\.js"/.test(line)).map(processOf);
    expect(programs).toHaveLength(1);
    const entering = lines.filter(isEntering);
    expect(entering.some((line) => line.includes('move_mount('))).toBe(true);
    expect(entering.filter((line) => !programs.includes(processOf(line)))).toEqual([]);
    await stop(container);
  });
});
