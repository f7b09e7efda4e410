import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { ask } from '../support/raw-varlink.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

/** Milliseconds after a change in which the next answer has it. */
const FRESH = 50;

interface Listed {
  readonly parameters: { readonly addresses?: readonly { readonly address: readonly number[] }[] };
}

describe.skipIf(unavailable !== undefined)('addresses, as the daemon tells them', () => {
  let daemon: DaemonProcess;
  const addresses = async (name: string): Promise<string[]> => {
    const question = { name, acquireMetadata: 'graceful' };
    const { parameters } = (await ask(daemon.machineSocket, 'io.systemd.Machine.List', question)) as unknown as Listed;
    return (parameters.addresses ?? []).map(({ address }) => address.join('.'));
  };

  beforeAll(async () => {
    daemon = await DaemonProcess.start();
  });
  afterEach(stopAllContainers);
  afterAll(async () => {
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  // The daemon is another process, which on a busy machine may get no time within those 50 ms.
  it(`are in the next answer ${FRESH} ms after a change in the container`, { retry: 2 }, async () => {
    const container = await startContainer({ addresses: ['10.9.8.7/24'] });
    const leader = { name: `web-${container.pid}`, class: 'container', leader: container.pid };
    expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', leader)).toEqual({});
    const inside = async (...commands: string[]) => {
      execFileSync('nsenter', ['-t', `${container.pid}`, '-n', '--', 'ip', '-batch', '-'], {
        input: commands.join('\n'),
      });
      await new Promise((resolve) => setTimeout(resolve, FRESH));
    };
    expect(await addresses(leader.name)).toEqual(['10.9.8.7']);
    await inside('address add 10.9.7.6/24 dev host0');
    expect(await addresses(leader.name)).toEqual(['10.9.7.6', '10.9.8.7']);
    await inside('address del 10.9.8.7/24 dev host0', 'address add 169.254.1.1/16 dev host0');
    expect(await addresses(leader.name)).toEqual(['10.9.7.6']);
    await inside('link add docker0 type bridge', 'link set docker0 up', 'address add 172.17.0.1/16 dev docker0');
    expect(await addresses(leader.name)).toEqual(['10.9.7.6']);
    // Of what is left one is near, the other reaches far.
    await inside('address del 10.9.7.6/24 dev host0');
    expect(await addresses(leader.name)).toEqual(['169.254.1.1', '172.17.0.1']);
    await inside('link del host0');
    expect(await addresses(leader.name)).toEqual(['172.17.0.1']);
  });
});

describe.skipIf(unavailable !== undefined)('addresses, as an ordinary user’s daemon tells them', () => {
  const uid = 12345;

  it('are all that there are, as nobody tells it where interfaces lead', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mymachines-test-'));
    chownSync(directory, uid, uid);
    const daemon = await DaemonProcess.start(directory, { uid });
    const ids = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'];
    const container = ['unshare', '--user', '--net', '--map-root-user', 'sleep', '60'];
    const leader = spawn('setpriv', [...ids, '--pdeathsig', 'KILL', ...container]);
    try {
      await vi.waitFor(() => expect(readFileSync(`/proc/${leader.pid}/comm`, 'utf8')).toBe('sleep\n'), 5000);
      const name = `mu${process.pid.toString(36)}`;
      execFileSync('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', 'host0', 'netns', `${leader.pid}`]);
      execFileSync('ip', ['link', 'set', name, 'addrgenmode', 'none', 'up']);
      const commands = [
        'link set host0 addrgenmode none',
        'link set host0 up',
        'address add 10.9.8.7/24 dev host0',
        'address add 169.254.3.4/16 dev host0',
        'link add docker0 type bridge',
        'link set docker0 addrgenmode none',
        'link set docker0 up',
        'address add 172.17.0.1/16 dev docker0',
      ];
      const input = commands.join('\n');
      execFileSync('nsenter', ['-t', `${leader.pid}`, '-n', '--', 'ip', '-batch', '-'], { input });
      const machine = { name: 'mine', class: 'container', leader: leader.pid };
      expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', machine)).toEqual({});
      const { parameters } = (await ask(daemon.machineSocket, 'io.github.mymachines.Registry.Explain', {
        name: 'mine',
      })) as never as {
        parameters: { addresses: Record<string, unknown>[]; obstacles: { reason: string }[] };
      };
      const told = parameters.addresses.map(({ address, source, verdict }) => [address, source, verdict]);
      expect(told).toEqual([
        ['10.9.8.7', 'proc', 'chosen'],
        ['172.17.0.1', 'proc', 'chosen'],
        ['169.254.3.4', 'proc', 'link_local'],
      ]);
      expect(parameters.addresses.every(({ interfaceOnHost }) => interfaceOnHost === undefined)).toBe(true);
      expect(parameters.obstacles.map(({ reason }) => reason)).toContain('not_live');
      expect(daemon.log).toContain(' warning addresses are read on demand: live ones need CAP_NET_ADMIN and');
    } finally {
      leader.kill('SIGKILL');
      await daemon.stop();
      rmSync(directory, { recursive: true });
    }
  });
});
