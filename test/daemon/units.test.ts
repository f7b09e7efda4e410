import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { controlGroupsUnavailable, TestControlGroup } from '../support/control-groups.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { type Container, containersUnavailable, startContainers, stopAllContainers } from '../support/namespaces.ts';
import { ask } from '../support/raw-varlink.ts';

const unavailable = containersUnavailable() ?? controlGroupsUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const name = `mymachines-test-${process.pid}.scope`;

describe.skipIf(unavailable !== undefined)('a machine in a unit', () => {
  let daemon: DaemonProcess;
  let unit: TestControlGroup;
  let below: TestControlGroup;
  let leader: Container;
  let inside: Container;
  let deep: Container;
  let outside: Container;
  const machine = (method: string, parameters: object) =>
    ask(daemon.machineSocket, `io.systemd.Machine.${method}`, parameters);
  const alive = () => [leader, inside, deep, outside].map((container) => container.alive);

  beforeEach(async () => {
    daemon = await DaemonProcess.start();
    unit = new TestControlGroup(name);
    below = new TestControlGroup(name, 'payload');
    [leader, inside, deep, outside] = (await startContainers(4)) as [Container, Container, Container, Container];
    unit.add(leader.pid);
    unit.add(inside.pid);
    below.add(deep.pid);
  });

  afterEach(async () => {
    await stopAllContainers();
    await vi.waitFor(() => {
      below.remove();
      unit.remove();
    });
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  it('has the unit, is found by its processes, and has a link', async () => {
    expect(await machine('Register', { name: 'web', class: 'container', leader: leader.pid })).toEqual({});
    expect(await machine('List', { pid: { pid: inside.pid } })).toMatchObject({
      parameters: { name: 'web', unit: name },
    });
    expect(await machine('List', { pid: { pid: outside.pid } })).toEqual({
      error: 'io.systemd.Machine.NoSuchMachine',
    });
    const link = join(daemon.runtimeDirectory, 'machines', `unit:${name}`);
    expect(readlinkSync(link)).toBe('web');
    expect(await machine('Register', { name: 'second', class: 'container', leader: inside.pid })).toEqual({
      error: 'io.systemd.System',
      parameters: { origin: 'linux', errno: 17, errnoName: 'EEXIST' },
    });
    await leader.stop();
    await vi.waitFor(() => expect(existsSync(link)).toBe(false));
  });

  it.each([
    ['Kill', { signal: 9 }],
    ['Kill', { signal: 15, whom: 'all' }],
    ['Terminate', {}],
  ])('is ended whole by %s %j, and nothing else is', async (method, parameters) => {
    expect(await machine('Register', { name: 'web', class: 'container', leader: leader.pid })).toEqual({});
    expect(await machine(method, { name: 'web', ...parameters })).toEqual({});
    await vi.waitFor(() => expect(alive()).toEqual([false, false, false, true]), 3000);
  });

  it('in a control group below the unit is no more than that', async () => {
    expect(await machine('Register', { name: 'web', class: 'container', leader: deep.pid })).toEqual({});
    expect(await machine('List', { name: 'web' })).toMatchObject({ parameters: { unit: name, subgroup: 'payload' } });
    expect(await machine('List', { pid: { pid: inside.pid } })).toEqual({
      error: 'io.systemd.Machine.NoSuchMachine',
    });
    const { runtimeDirectory } = daemon;
    await daemon.stop('SIGKILL');
    daemon = await DaemonProcess.start(runtimeDirectory);
    expect(await machine('List', { name: 'web' })).toMatchObject({ parameters: { unit: name, subgroup: 'payload' } });
    expect(await machine('Kill', { name: 'web', signal: 9 })).toEqual({});
    await vi.waitFor(() => expect(alive()).toEqual([true, true, false, true]), 3000);
  });
});

describe.skipIf(unavailable !== undefined)("a machine in a user's own registry", () => {
  it("has the unit of the user's service manager", async () => {
    const alice = 12345;
    const directory = mkdtempSync(join(tmpdir(), 'mymachines-units-'));
    chownSync(directory, alice, alice);
    const manager = new TestControlGroup(`user@${alice}.service`);
    const unit = new TestControlGroup(`user@${alice}.service`, name);
    const leader = spawn('sleep', ['60'], { uid: alice, gid: alice });
    const ended = new Promise((resolve) => leader.once('exit', resolve));
    const daemon = await DaemonProcess.start(directory, { uid: alice });
    try {
      unit.add(leader.pid as number);
      const register = { name: 'hers', class: 'container', leader: leader.pid };
      expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', register)).toEqual({});
      expect(await ask(daemon.machineSocket, 'io.systemd.Machine.List', { name: 'hers' })).toMatchObject({
        parameters: { unit: name },
      });
    } finally {
      leader.kill('SIGKILL');
      await ended;
      await daemon.stop();
      await vi.waitFor(() => {
        unit.remove();
        manager.remove();
      });
      rmSync(directory, { recursive: true });
    }
  });
});
