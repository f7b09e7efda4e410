import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { ask, askAs } from '../support/raw-varlink.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const list = (daemon: DaemonProcess, name: string): Promise<Record<string, unknown>> =>
  ask(daemon.machineSocket, 'io.systemd.Machine.List', { name });

describe.skipIf(unavailable !== undefined)('a daemon that is started again', () => {
  let daemon: DaemonProcess | undefined;
  const restart = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<DaemonProcess> => {
    const { runtimeDirectory } = daemon as DaemonProcess;
    await daemon?.stop(signal);
    daemon = await DaemonProcess.start(runtimeDirectory);
    return daemon;
  };

  afterEach(async () => {
    await stopAllContainers();
    await daemon?.stop();
    if (daemon) rmSync(daemon.runtimeDirectory, { recursive: true });
    daemon = undefined;
  });

  it('has every living machine with the same properties after kill -9, and no dead one', async () => {
    daemon = await DaemonProcess.start();
    const [stays, goes, plain] = [await startContainer({}), await startContainer({}), await startContainer({})];
    const described = {
      name: 'stays',
      class: 'container',
      leader: stays.pid,
      id: '0123456789ABCDEF0123456789abcdef',
      service: 'a "service" with $odd `text`\n\\ and é',
      rootDirectory: "/var/lib/it's here",
      ifIndices: [3, 1, 2],
      vSockCid: 42,
      sshAddress: 'vsock/42',
      sshPrivateKeyPath: '/key',
      controlAddress: '/run/control',
    };
    for (const parameters of [
      described,
      { name: 'goes', class: 'container', leader: goes.pid },
      { name: 'plain', class: 'vm', leader: plain.pid },
    ]) {
      expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', parameters)).toEqual({});
    }
    const before = await list(daemon, 'stays');
    const plainBefore = await list(daemon, 'plain');
    expect(before).toMatchObject({
      parameters: { service: described.service, rootDirectory: "/var/lib/it's here", vSockCid: 42, UID: 0 },
    });
    const state = readFileSync(join(daemon.runtimeDirectory, 'machines/stays'), 'utf8');

    await daemon.stop('SIGKILL');
    await goes.stop();
    await restart('SIGKILL');

    expect(await list(daemon, 'stays')).toEqual(before);
    expect(await list(daemon, 'plain')).toEqual(plainBefore);
    expect(await list(daemon, 'goes')).toEqual({ error: 'io.systemd.Machine.NoSuchMachine' });
    expect(readdirSync(join(daemon.runtimeDirectory, 'machines')).sort()).toEqual(['plain', 'stays']);
    expect(readFileSync(join(daemon.runtimeDirectory, 'machines/stays'), 'utf8')).toBe(state);

    // It is watched again, too.
    await stays.stop();
    await vi.waitFor(async () => expect(await list(daemon as DaemonProcess, 'stays')).toHaveProperty('error'), 1000);
    await vi.waitFor(() => {
      expect(readdirSync(join((daemon as DaemonProcess).runtimeDirectory, 'machines'))).toEqual(['plain']);
    }, 1000);
  });

  it('does not take a process with the number of a dead leader for it', async () => {
    daemon = await DaemonProcess.start();
    const container = await startContainer({});
    await ask(daemon.machineSocket, 'io.systemd.Machine.Register', {
      name: 'web',
      class: 'container',
      leader: container.pid,
    });
    const path = join(daemon.runtimeDirectory, 'machines/web');
    const { runtimeDirectory } = daemon;
    await daemon.stop('SIGKILL');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/LEADER_PIDFDID=\d+/, 'LEADER_PIDFDID=1'));
    daemon = await DaemonProcess.start(runtimeDirectory);
    expect(await list(daemon, 'web')).toEqual({ error: 'io.systemd.Machine.NoSuchMachine' });
    expect(readdirSync(join(runtimeDirectory, 'machines'))).toEqual([]);
  });

  it('reads state files with missing and unknown keys, and leaves alone what it cannot read', async () => {
    daemon = await DaemonProcess.start();
    const container = await startContainer({});
    const { runtimeDirectory } = daemon;
    await daemon.stop();
    const machines = join(runtimeDirectory, 'machines');
    // As systemd 252 wrote them: no UID, no pidfd ids.
    writeFileSync(join(machines, 'old'), `NAME=old\nCLASS=container\nLEADER=${container.pid}\nFUTURE="x y"\n`);
    writeFileSync(join(machines, 'broken'), 'NAME=broken\nCLASS=castle\n');
    writeFileSync(join(machines, '.#old0123456789abcdef'), 'NAME=ol');
    daemon = await DaemonProcess.start(runtimeDirectory);
    expect(await list(daemon, 'old')).toMatchObject({
      parameters: { name: 'old', class: 'container', leader: { pid: container.pid }, UID: 0 },
    });
    expect(await list(daemon, 'broken')).toHaveProperty('error');
    expect(readdirSync(machines).sort()).toEqual(['broken', 'old']);
    expect(daemon.log).toMatch(/broken.*CLASS/);
  });

  it('is not held up by what has the name of a machine and is no state file', async () => {
    daemon = await DaemonProcess.start();
    const { runtimeDirectory } = daemon;
    await daemon.stop();
    const machines = join(runtimeDirectory, 'machines');
    mkdirSync(join(machines, 'directory'));
    execFileSync('mkfifo', [join(machines, 'fifo')]);
    symlinkSync('/dev/zero', join(machines, 'endless'));
    writeFileSync(join(machines, 'large'), '');
    truncateSync(join(machines, 'large'), 100_000_000);
    daemon = await DaemonProcess.start(runtimeDirectory);
    for (const name of ['directory', 'fifo', 'endless', 'large']) {
      expect(daemon.log).toContain(`cannot read the state of machine ${name}`);
      expect(await list(daemon, name)).toEqual({ error: 'io.systemd.Machine.NoSuchMachine' });
    }
  });

  it('removes its sockets when told to stop, and replaces those of a killed one', async () => {
    daemon = await DaemonProcess.start();
    const { machineSocket, userdbSocket } = daemon;
    await restart('SIGKILL');
    expect(await ask(machineSocket, 'org.varlink.service.GetInfo')).toHaveProperty('parameters');
    expect(await daemon.stop('SIGTERM')).toBe(0);
    expect(readdirSync(join(machineSocket, '..'))).toEqual([]);
    expect(readdirSync(join(userdbSocket, '..'))).toEqual([]);
  });

  it('leaves a live owner of the directory or of a socket alone, and says so', async () => {
    daemon = await DaemonProcess.start();
    const { runtimeDirectory, userdbSocket } = daemon;
    await expect(DaemonProcess.start(runtimeDirectory)).rejects.toThrow(/in use by another mymachines/);
    expect(await ask(userdbSocket, 'org.varlink.service.GetInfo')).toHaveProperty('parameters');
    await daemon.stop();
    const other = createServer().listen(userdbSocket);
    try {
      await expect(DaemonProcess.start(runtimeDirectory)).rejects.toThrow(/userdb.*is in use/);
    } finally {
      other.close();
    }
  });

  it('can be reached by everybody', async () => {
    daemon = await DaemonProcess.start();
    chmodSync(daemon.runtimeDirectory, 0o755);
    const { reply, stop } = await askAs(12345, daemon.userdbSocket, 'org.varlink.service.GetInfo');
    stop();
    expect(reply).toHaveProperty('parameters');
  });
});
