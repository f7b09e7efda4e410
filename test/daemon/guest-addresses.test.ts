import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mymachines } from '../cli/command.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { Bridge, Guest, ip, sendTo } from '../support/guest-network.ts';
import { type Container, containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { hasProgram } from '../support/programs.ts';
import { ask } from '../support/raw-varlink.ts';

const unavailable =
  containersUnavailable() ?? (hasProgram('dnsmasq') && hasProgram('busybox') ? undefined : 'no dnsmasq, no busybox');
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

interface Listed {
  readonly error?: string;
  readonly parameters?: { readonly addresses?: readonly { readonly address: readonly number[] }[] };
}

describe.skipIf(unavailable !== undefined)('a VM whose guest registers nothing', () => {
  let daemon: DaemonProcess;
  let directory: string;
  let bridge: Bridge;
  let guest: Guest;
  let hypervisor: Container;
  let server: ChildProcess | undefined;
  const list = async (): Promise<Listed> => {
    const question = { name: 'guest', acquireMetadata: 'yes' };
    return (await ask(daemon.machineSocket, 'io.systemd.Machine.List', question)) as unknown as Listed;
  };
  /** Of List with all metadata: a VM has no OS release, so it is asked for what can be had. */
  const addresses = async (): Promise<string[]> => {
    const question = { name: 'guest', acquireMetadata: 'graceful' };
    const { parameters } = (await ask(daemon.machineSocket, 'io.systemd.Machine.List', question)) as unknown as Listed;
    return (parameters?.addresses ?? []).map(({ address }) => address.join('.'));
  };
  const until = (...expected: string[]) =>
    vi.waitFor(async () => expect(await addresses()).toEqual(expected), { timeout: 8000, interval: 20 });
  const explained = async (): Promise<string> => {
    const { stdout } = await mymachines('explain', 'guest', '--no-legend', `--runtime-dir=${daemon.runtimeDirectory}`);
    return stdout;
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'mymachines-dhcp-'));
    daemon = await DaemonProcess.start(undefined, { more: [`--leases=${directory}/leases`] });
    bridge = await Bridge.make('198.18.9.1/24');
    guest = await Guest.start();
    await bridge.attach(guest.interfaceName);
    // The process that stands for the hypervisor has a network of its own, which is not the machine's.
    hypervisor = await startContainer({ addresses: ['198.18.99.99/24'] });
    const machine = { name: 'guest', class: 'vm', leader: hypervisor.pid, ifIndices: [guest.index] };
    expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', machine)).toEqual({});
  });
  afterAll(async () => {
    if (server?.exitCode === null) {
      server.kill();
      await once(server, 'exit');
    }
    await stopAllContainers();
    await bridge.remove();
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
    rmSync(directory, { recursive: true });
  });

  it('has no addresses as long as nobody says any, and never those of its hypervisor', async () => {
    expect(await list()).toEqual({ error: 'io.systemd.Machine.NotAvailable' });
    expect(await addresses()).toEqual([]);
    expect(await explained()).toMatch(/In the way: it is a VM, and nobody here knows its addresses/);
  });

  it('has that which a real dnsmasq gave a real client', async () => {
    const parameters = ['--keep-in-foreground', '--conf-file=/dev/null', '--pid-file=', '--user=root', '--port=0'];
    parameters.push(`--interface=${bridge.name}`, '--except-interface=lo', '--bind-dynamic', '--log-facility=-');
    parameters.push('--dhcp-range=198.18.9.100,198.18.9.100,1h', `--dhcp-leasefile=${directory}/leases`);
    server = spawn('setpriv', ['--pdeathsig', 'KILL', 'dnsmasq', ...parameters], { stdio: 'ignore' });
    const script = join(directory, 'take');
    writeFileSync(script, '#!/bin/sh\n[ "$1" = bound ] && ip address add "$ip/24" dev "$interface"\nexit 0\n');
    chmodSync(script, 0o755);
    const client = ['udhcpc', '-i', 'host0', '-f', '-q', '-n', '-t', '20', '-T', '1', '-s', script];
    await guest.container.exec('busybox', ...client);
    await until('198.18.9.100');
    expect(readFileSync(`${directory}/leases`, 'utf8')).toContain(`${guest.linkAddress} 198.18.9.100 `);
    await guest.send('198.18.9.1');
    await vi.waitFor(async () => expect(await explained()).toMatch(/neighbour/));
    const rows = (await explained()).trim().split('\n').slice(-2);
    expect(rows[0]).toMatch(/^198\.18\.9\.100\/32 +- +- +global lease-file +yes it was given to the machine/);
    for (const asked of ['guest', 'GUEST.', '198.18.9.100']) {
      const { stdout } = await mymachines('resolve', asked, '-j', `--runtime-dir=${daemon.runtimeDirectory}`);
      expect(JSON.parse(stdout)).toMatchObject({ addresses: ['198.18.9.100'] });
    }
    expect(rows[1]).toMatch(/^198\.18\.9\.100\/32 +- +mmb\S+ \(\d+\) +global neighbour +no +the same is given out/);
  });

  it('goes on having the one it answers to when the lease is gone, until it does not answer', async () => {
    const stopped = once(server as ChildProcess, 'exit');
    server?.kill();
    await stopped;
    rmSync(`${directory}/leases`);
    await vi.waitFor(async () => expect(await explained()).not.toMatch(/lease-file/));
    expect(await addresses()).toEqual(['198.18.9.100']);
    await guest.container.exec('ip', 'address', 'flush', 'dev', 'host0');
    await vi.waitFor(
      async () => {
        await sendTo('198.18.9.100');
        expect(await addresses()).toEqual([]);
      },
      { timeout: 8000, interval: 100 },
    );
    expect(await list()).toEqual({ error: 'io.systemd.Machine.NotAvailable' });
    const { status } = await mymachines('resolve', '198.18.9.100', `--runtime-dir=${daemon.runtimeDirectory}`);
    expect(status).toBe(1);
  });

  it('has them again after a restart of the daemon, and costs no descriptor', async () => {
    await guest.container.exec('ip', 'address', 'add', '198.18.9.7/24', 'dev', 'host0');
    await guest.send('198.18.9.1');
    await until('198.18.9.7');
    expect(await daemon.stop()).toBe(0);
    const again = daemon.runtimeDirectory;
    daemon = await DaemonProcess.start(again, { more: ['--leases', `${directory}/leases`] });
    await until('198.18.9.7');
    const before = daemon.descriptors;
    for (let n = 0; n < 20; n++) {
      await ip('link', 'set', guest.interfaceName, 'nomaster');
      await bridge.attach(guest.interfaceName);
    }
    await guest.send('198.18.9.1');
    await until('198.18.9.7');
    // At first there are some for what is only done at the start.
    expect(daemon.descriptors).toBeLessThanOrEqual(before);
    expect(daemon.log).toBe('');
  });

  it('refuses a path of a lease file that is not absolute', async () => {
    for (const path of ['leases', '', '/tmp/']) {
      const { status, stderr } = await mymachines('serve', `--leases=${path}`);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringContaining('--leases= takes the absolute path'),
      });
    }
  });
});
