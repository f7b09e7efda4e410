import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUser } from '../support/as-user.ts';
import { compiledMain } from '../support/build.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { type Container, containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { mymachines } from './command.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const indexOf = (name: string) => Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'));

describe.skipIf(unavailable !== undefined)('mymachines explain', () => {
  let daemon: DaemonProcess;
  let web: Container;
  const run = (...words: string[]) => mymachines(...words, `--runtime-dir=${daemon.runtimeDirectory}`);
  const register = async (name: string, { pid }: Container, ...more: string[]) =>
    expect(await run('register', name, `--leader=${pid}`, ...more)).toMatchObject({ status: 0, stderr: '' });
  const explained = async (name: string) => JSON.parse((await run('explain', name, '-j')).stdout);
  const obstacles = async (name: string) =>
    (await explained(name)).obstacles.map(({ reason }: { reason: string }) => reason);

  beforeAll(async () => {
    daemon = await DaemonProcess.start();
    const ids = '0 1879048192 65536';
    web = await startContainer({
      maps: { uid: ids, gid: ids },
      addresses: ['10.9.8.7/24', '169.254.3.4/16', 'fe80::7/64'],
    });
    const inner = [
      'link add docker0 type bridge',
      'link set docker0 addrgenmode none',
      'link set docker0 up',
      'address add 172.17.0.1/16 dev docker0',
      'address add fd00::17/64 dev docker0 nodad',
      'address add 10.9.8.9/24 dev host0 valid_lft 1000 preferred_lft 0',
    ];
    execFileSync('nsenter', ['-t', `${web.pid}`, '-n', '--', 'ip', '-batch', '-'], { input: inner.join('\n') });
    await register('web', web, `--interface=${indexOf(web.hostInterface as string)}`, '--service=demo');
  });

  afterAll(async () => {
    await stopAllContainers();
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  it('shows each address that was seen, where it leads, and what came of it', async () => {
    const { status, stdout, stderr } = await run('explain', 'web');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const host = web.hostInterface as string;
    const leads = `${host} (${indexOf(host)})`;
    const [about, table] = stdout.split('\n\n') as [string, string];
    expect(about.split('\n').map((line) => line.trim())).toEqual([
      'web',
      'Class: container',
      'Service: demo',
      `Leader: ${web.pid}`,
      `Registered interfaces: ${leads}`,
      'User and group ids: 0-65535 inside: 1879048192-1879113727',
      'UID Shift: 1879048192',
    ]);
    const here = 'its interface leads to the host';
    const inner = 'its interface does not lead to the host, and that of another address does';
    const local = 'it means something on one link only, and another address reaches further';
    const outside = 'it means nothing outside the machine';
    expect(cells(table)).toEqual([
      ['ADDRESS', 'INTERFACE', 'HOST', 'SCOPE', 'SOURCE', 'USED', 'WHY'],
      ['10.9.8.7/24', 'host0 (2)', leads, 'global', 'netlink', 'yes', here],
      ['fe80::7/64', 'host0 (2)', leads, 'link', 'netlink', 'yes', here],
      ['fd00::17/64', 'docker0 (3)', '-', 'global', 'netlink', 'yes', 'there is none that is better'],
      ['10.9.8.9/24', 'host0 (2)', leads, 'global', 'netlink', 'no', 'its preferred lifetime is over'],
      ['169.254.3.4/16', 'host0 (2)', leads, 'global', 'netlink', 'no', local],
      ['172.17.0.1/16', 'docker0 (3)', '-', 'global', 'netlink', 'no', inner],
      ['127.0.0.1/8', 'lo (1)', '-', 'host', 'netlink', 'no', outside],
      ['::1/128', 'lo (1)', '-', 'host', 'netlink', 'no', outside],
    ]);
    const bare = (await run('explain', 'web', '--no-legend')).stdout;
    expect(bare).not.toMatch(/^web$|ADDRESS/m);
    expect(bare.split('\n')).toHaveLength(stdout.split('\n').length - 2);
  });

  it('tells the same as JSON, and the addresses that List has', async () => {
    const { stdout } = await run('explain', 'web', '--json=short');
    expect(stdout.split('\n')).toHaveLength(2);
    const told = JSON.parse(stdout);
    expect((await run('explain', 'web', '--json=pretty')).stdout).toBe(`${JSON.stringify(told, null, '\t')}\n`);
    expect(told).toMatchObject({
      name: 'web',
      class: 'container',
      sharesHostNetwork: false,
      sharesHostUsers: false,
      uidMap: [{ inside: 0, outside: 1_879_048_192, count: 65536 }],
      obstacles: [],
    });
    expect(told.addresses[3]).toEqual({
      family: 'ipv4',
      address: '10.9.8.9',
      prefixLength: 24,
      interfaceInside: { index: 2, name: 'host0' },
      interfaceOnHost: { index: indexOf(web.hostInterface as string), name: web.hostInterface },
      scope: 'global',
      flags: ['deprecated'],
      source: 'netlink',
      verdict: 'deprecated',
    });
    const chosen = told.addresses.filter(({ verdict }: { verdict: string }) => verdict === 'chosen');
    const status = JSON.parse((await run('status', 'web', '-j')).stdout);
    expect(status.addresses.map(({ ifindex }: { ifindex: number }) => ifindex)).toEqual([2, 2, 3]);
    expect(status.addresses).toHaveLength(chosen.length);
  });

  it('says what stands in the way of names', async () => {
    await register('vm', await startContainer({ hostNetwork: true }), '--class=vm');
    await register('plain', await startContainer({ hostUsers: true, hostNetwork: true }));
    const low = '0 1000 10\n10 1879113000 10';
    await register('low.er', await startContainer({ maps: { uid: low, gid: low } }));
    await register('a-name-that-just-about-fits', await startContainer({ addresses: ['10.0.0.1/8'] }));
    expect(await obstacles('vm')).toEqual(['vm_network', 'vm_users']);
    expect(await obstacles('plain')).toEqual(['host_network', 'host_users']);
    expect(await obstacles('low.er')).toEqual(['no_address', 'host_ids']);
    expect(await obstacles('a-name-that-just-about-fits')).toEqual([]);
    // The wider range gives way to the narrower one.
    expect(await obstacles('web')).toEqual(['overlap']);
    const { stdout } = await run('explain', 'web');
    expect(stdout).toMatch(/^ *Users claimed twice: 1879113000-1879113009: low\.er before web$/m);
    expect(stdout).toMatch(/^ *In the way: some of its ids belong to others that come first: low\.er$/m);
    // The hash by coreutils.
    expect((await run('explain', 'a-name-that-just-about-fits')).stdout).toMatch(
      /^Users and groups named: vu-a-name_uafs4oon44-N and vg-a-name_uafs4oon44-N$/m,
    );
  });

  it('explains the host', async () => {
    const { addresses, obstacles: inTheWay } = await explained('.host');
    expect(new Set(addresses.map(({ source }: { source: string }) => source))).toEqual(new Set(['netlink']));
    expect(addresses).toContainEqual(expect.objectContaining({ address: '127.0.0.1', verdict: 'host_scope' }));
    expect(inTheWay.filter(({ reason }: { reason: string }) => reason !== 'no_address')).toEqual([]);
  });

  it('knows only machines that there are, and says so', async () => {
    expect(await run('explain', 'nope')).toEqual({
      status: 1,
      stdout: '',
      stderr: "mymachines: No machine 'nope' known.\n",
    });
    expect(await run('explain', 'a_b')).toMatchObject({
      status: 1,
      stderr: "mymachines: The service refuses 'name'.\n",
    });
    expect(await run('explain')).toMatchObject({ status: 2 });
  });

  it('is for those who may inspect machines', async () => {
    execFileSync('chmod', ['755', daemon.runtimeDirectory]);
    const words = ['explain', 'web', `--runtime-dir=${daemon.runtimeDirectory}`];
    const [command, ...parameters] = asUser(65534, compiledMain, ...words);
    const { status, stdout, stderr } = spawnSync(command, parameters, { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: 'mymachines: Permission denied.\n' });
  });
});

/** The cells of a table, by where its heading has its columns. */
function cells(table: string): string[][] {
  const lines = table.trimEnd().split('\n');
  const starts = [...(lines[0] as string).matchAll(/\S+/g)].map(({ index }) => index);
  return lines.map((line) => starts.map((start, column) => line.slice(start, starts[column + 1]).trim()));
}
