import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { type Container, containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { ask, askAs } from '../support/raw-varlink.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const alice = 12345;
const denied = { error: 'org.varlink.service.PermissionDenied' };

describe.skipIf(unavailable !== undefined)('who may do what', () => {
  let daemon: DaemonProcess;
  let container: Container;
  const machine = (method: string, parameters: Record<string, unknown>) =>
    ask(daemon.machineSocket, `io.systemd.Machine.${method}`, parameters);
  const as = async (uid: number, method: string, parameters: Record<string, unknown>) => {
    const { reply, stop } = await askAs(uid, daemon.machineSocket, `io.systemd.Machine.${method}`, parameters);
    stop();
    return reply;
  };

  beforeAll(async () => {
    daemon = await DaemonProcess.start();
    chmodSync(daemon.runtimeDirectory, 0o755);
    container = await startContainer({});
    expect(await machine('Register', { name: 'roots', class: 'container', leader: container.pid })).toEqual({});
  });

  afterAll(async () => {
    await stopAllContainers();
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  it.each<[string, Record<string, unknown>]>([
    ['Register', { name: 'mine', class: 'container' }],
    ['Register', { name: 'mine', class: 'container', allocateUnit: true }],
    ['Unregister', { name: 'roots' }],
    ['Terminate', { name: 'roots' }],
    ['Kill', { name: 'roots', signal: 9 }],
    ['List', { name: 'roots', acquireMetadata: 'yes' }],
    ['List', { name: 'roots', acquireMetadata: 'graceful' }],
    // As with systemd 262, before it is said whether there is such a machine.
    ['List', { name: 'nope', acquireMetadata: 'yes' }],
  ])('refuses an ordinary user %s %j', async (method, parameters) => {
    expect(await as(alice, method, parameters)).toEqual(denied);
    expect(await machine('List', { name: 'roots' })).toHaveProperty('parameters');
    expect(container.alive).toBe(true);
  });

  it("refuses an ordinary user's leader that is another's, and does not tell more", async () => {
    const parameters = { name: 'stolen', class: 'container', leader: container.pid };
    expect(await as(alice, 'Register', parameters)).toEqual(denied);
  });

  it('tells everybody who is there, and maps ids for everybody', async () => {
    expect(await as(alice, 'List', { name: 'roots' })).toMatchObject({ parameters: { name: 'roots', UID: 0 } });
    expect(await as(alice, 'MapFrom', { name: 'roots', uid: 0 })).toHaveProperty('parameters.uid');
  });

  it("lets a user do everything in the user's own runtime directory, and nobody else but root", async () => {
    const directory = join(daemon.runtimeDirectory, 'alice');
    mkdirSync(directory, { mode: 0o755 });
    chownSync(directory, alice, alice);
    const own = await DaemonProcess.start(directory, { uid: alice });
    const leader = spawn('sleep', ['60'], { uid: alice, gid: alice });
    try {
      const register = { name: 'hers', class: 'container', leader: leader.pid };
      const bob = await askAs(54321, own.machineSocket, 'io.systemd.Machine.Register', { ...register, name: 'his' });
      bob.stop();
      expect(bob.reply).toEqual(denied);
      const hers = await askAs(alice, own.machineSocket, 'io.systemd.Machine.Register', register);
      hers.stop();
      expect(hers.reply).toEqual({});
      expect(await ask(own.machineSocket, 'io.systemd.Machine.List', { name: 'hers' })).toMatchObject({
        parameters: { leader: { pid: leader.pid }, UID: alice },
      });
      const host = await ask(own.machineSocket, 'io.systemd.Machine.List', { name: '.host' });
      expect(host).toMatchObject({ parameters: { class: 'host' } });
      // Files of root's: hers, and no more than files.
      const files = { name: 'hers', source: '/usr/bin/passwd', destination: join(directory, 'copied') };
      const copied = await askAs(alice, own.machineSocket, 'io.systemd.Machine.CopyFrom', files);
      copied.stop();
      expect(copied.reply).toEqual({});
      expect(statSync('/usr/bin/passwd')).toMatchObject({ uid: 0, mode: 0o104755 });
      expect(statSync(files.destination)).toMatchObject({ uid: alice, gid: alice, mode: 0o100755 });
      const stolen = await askAs(alice, own.machineSocket, 'io.systemd.Machine.Register', {
        name: 'stolen',
        class: 'container',
        leader: container.pid,
      });
      stolen.stop();
      expect(stolen.reply).toEqual(denied);
      const gone = await askAs(alice, own.machineSocket, 'io.systemd.Machine.Unregister', { name: 'hers' });
      gone.stop();
      expect(gone.reply).toEqual({});
      expect(existsSync(join(directory, 'machines/hers'))).toBe(false);
    } finally {
      leader.kill('SIGKILL');
      await own.stop();
    }
  });

  it('ends the leader, or only forgets the machine', async () => {
    const [forgotten, killed, ended] = [await startContainer({}), await startContainer({}), await startContainer({})];
    for (const [name, { pid }] of Object.entries({ forgotten, killed, ended })) {
      expect(await machine('Register', { name, class: 'container', leader: pid })).toEqual({});
    }
    expect(await machine('Unregister', { name: 'forgotten' })).toEqual({});
    expect(await machine('List', { name: 'forgotten' })).toEqual({ error: 'io.systemd.Machine.NoSuchMachine' });
    expect(await machine('Kill', { name: 'killed', whom: 'leader', signal: 9 })).toEqual({});
    expect(await machine('Terminate', { name: 'ended' })).toEqual({});
    await vi.waitFor(() => expect([killed.alive, ended.alive]).toEqual([false, false]), 2000);
    expect(forgotten.alive).toBe(true);
    expect(await machine('List', { name: 'killed' })).toEqual({ error: 'io.systemd.Machine.NoSuchMachine' });
  });

  it('removes a machine within 100 ms of the end of its leader', async () => {
    const short = await startContainer({});
    expect(await machine('Register', { name: 'short', class: 'container', leader: short.pid })).toEqual({});
    const path = join(daemon.runtimeDirectory, 'machines/short');
    expect(existsSync(path)).toBe(true);
    await short.stop();
    const ended = performance.now();
    while (existsSync(path) && performance.now() - ended < 1000) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(performance.now() - ended).toBeLessThan(100);
    expect(await machine('List', { name: 'short' })).toEqual({ error: 'io.systemd.Machine.NoSuchMachine' });
  });

  it('sends a signal to the supervisor that registered the machine, and to no other', async () => {
    const led = await startContainer({});
    const { pid, reply, stop } = await askAs(0, daemon.machineSocket, 'io.systemd.Machine.Register', {
      name: 'watched',
      class: 'container',
      leader: led.pid,
    });
    expect(reply).toEqual({});
    expect(await machine('List', { name: 'watched' })).toMatchObject({ parameters: { supervisor: { pid } } });
    expect(await machine('Kill', { name: 'watched', whom: 'supervisor', signal: 9 })).toEqual({});
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), 1000);
    expect(await machine('Kill', { name: 'watched', whom: 'supervisor', signal: 9 })).toEqual({
      error: 'io.systemd.System',
      parameters: { origin: 'linux', errno: 3, errnoName: 'ESRCH' },
    });
    stop();
    expect(led.alive).toBe(true);
  });
});
