import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { dig, digUnavailable, loopbackAddress } from '../support/dig.ts';
import { containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { ask } from '../support/raw-varlink.ts';
import { mymachines } from './command.ts';

const unavailable = containersUnavailable() ?? digUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe('mymachines dns-setup', () => {
  it('prints what systemd-resolved wants', async () => {
    const { status, stdout } = await mymachines(
      'dns-setup',
      'resolved',
      '--dns=[fd00::1]:5353',
      '--domain=Lab.Example',
    );
    expect(status).toBe(0);
    expect(stdout).toContain('[Delegate]\nDNS=[fd00::1]:5353\nDomains=~lab.example\n');
  });

  it.each([
    [['bind', '--dns=127.0.0.1:53'], "dns-setup knows resolved, dnsmasq, networkmanager, service, not 'bind'"],
    [['toString', '--dns=127.0.0.1:53'], "not 'toString'"],
    [['resolved'], '--dns= takes the ADDRESS:PORT that the daemon was given'],
    [['resolved', '--dns=127.0.0.1'], '--dns= takes the ADDRESS:PORT'],
    [['resolved', '--dns=127.0.0.1:53', '--domain=a_b'], '--domain= takes a domain'],
    [[], "'dns-setup' wants"],
  ])('says what it makes no sense of: %j', async (words, reason) => {
    const { status, stderr } = await mymachines('dns-setup', ...words);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(reason) });
  });
});

describe.skipIf(unavailable !== undefined)('a dnsmasq with the lines of mymachines dns-setup', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-setup-'));
  const address = loopbackAddress();
  const [ours, theirs] = [
    { address, port: 5320 },
    { address, port: 5321 },
  ];
  let daemon: DaemonProcess;
  let dnsmasq: ChildProcess | undefined;

  beforeAll(async () => {
    daemon = await DaemonProcess.start(undefined, { more: [`--dns=${address}:${ours.port}`] });
    const container = await startContainer({ addresses: ['10.213.0.2/24'] });
    const request = { name: 'web', class: 'container', leader: container.pid };
    expect(await ask(daemon.machineSocket, 'io.systemd.Machine.Register', request)).toEqual({});
  });

  afterAll(async () => {
    await stopAllContainers();
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
    rmSync(directory, { recursive: true });
  });

  it.each(['dnsmasq', 'networkmanager'])('asks the daemon: %s', async (resolver) => {
    const { stdout } = await mymachines('dns-setup', resolver, `--dns=${address}:${ours.port}`);
    const file = join(directory, `${resolver}.conf`);
    // For NetworkManager only what goes to its dnsmasq.
    writeFileSync(file, stdout.slice(stdout.lastIndexOf('# /')));
    dnsmasq = spawn('dnsmasq', [
      ...['--keep-in-foreground', `--conf-file=${file}`, '--no-hosts', '--no-resolv', '--user=root', '--pid-file='],
      ...[`--listen-address=${address}`, '--bind-interfaces', `--port=${theirs.port}`, '--stop-dns-rebind'],
    ]);
    const web = await vi.waitFor(() => dig(theirs, 'web.machine.internal'), 5000);
    expect(web.records).toEqual(['web.machine.internal. 0 IN A 10.213.0.2']);
    expect((await dig(theirs, 'nobody.machine.internal')).status).toBe('NXDOMAIN');
    expect((await dig(theirs, 'elsewhere.example')).status).toBe('REFUSED');
    dnsmasq.kill();
    await once(dnsmasq, 'exit');
  });
});
