import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import { Process } from '../../../src/linux/process.ts';
import { addressText } from '../../../src/machine/address-text.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import type { MachineName } from '../../../src/machine/machine-name.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { judgedAddressesOf } from '../../../src/resolver/addresses.ts';
import { GuestAddresses } from '../../../src/sources/vm/guest-addresses.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { Bridge, Guest, ip, quickly, sendTo } from '../../support/guest-network.ts';
import { Hypervisor } from '../../support/hypervisor.ts';
import { interfaceIndex } from '../../support/interface-index.ts';
import { containersUnavailable, stopAllContainers } from '../../support/namespaces.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('the addresses of a VM', () => {
  let loop: EventLoop;
  let registry: Registry;
  let guests: GuestAddresses;
  let directory: string;
  let problems: string[];
  const bridges: Bridge[] = [];
  const leaders = new Map<string, Process>();

  beforeEach(() => {
    loop = new EventLoop();
    registry = new Registry();
    problems = [];
    directory = mkdtempSync(join(tmpdir(), 'mymachines-guests-'));
    guests = new GuestAddresses({
      loop,
      registry,
      leases: [join(directory, 'dnsmasq.leases')],
      networkd: [join(directory, 'networkd')],
      libvirt: join(directory, 'libvirt'),
      leader: (name) => leaders.get(name),
      onProblem: (error) => problems.push(error.message),
    });
  });
  afterEach(async () => {
    guests.close();
    loop.close();
    rmSync(directory, { recursive: true });
    for (const bridge of bridges.splice(0)) await bridge.remove();
    expect(problems).toEqual([]);
  });
  afterAll(stopAllContainers);

  function register(name: string, properties: Partial<Omit<Machine, 'name' | 'facts'>>): void {
    registry.add(sampleMachine(name, { class: 'vm', ...properties }));
  }
  /** All that is known, the best first, each with who says so. */
  const known = (name: string): string[] => {
    const machine = registry.get(name);
    if (machine === undefined) return [];
    const judged = judgedAddressesOf(machine, { hostAddresses: () => [] });
    return judged.map(({ address, verdict }) => `${addressText(address.bytes)} ${address.source} ${verdict}`);
  };
  const until = (name: string, ...expected: string[]) =>
    vi.waitFor(() => expect(known(name)).toEqual(expected), { timeout: 5000, interval: 5 });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 100));
  async function bridge(address: string): Promise<Bridge> {
    const made = await Bridge.make(address);
    bridges.push(made);
    return made;
  }

  test('one packet of a guest on its own interface shows it; it goes when the entry fails', async () => {
    const guest = await Guest.start('198.18.1.2/24');
    await ip('address', 'add', '198.18.1.1/24', 'dev', guest.interfaceName);
    await quickly(guest.interfaceName);
    register('vm', { interfaces: [guest.index] });
    await settle();
    expect(known('vm')).toEqual([]);

    await guest.send('198.18.1.1');
    await until('vm', '198.18.1.2 neighbour chosen');

    await guest.container.exec('ip', 'address', 'flush', 'dev', 'host0');
    // The host asks again only when it has something to send and has not heard of it for a while.
    await vi.waitFor(
      async () => {
        await sendTo('198.18.1.2');
        expect(known('vm')).toEqual([]);
      },
      { timeout: 8000, interval: 100 },
    );

    await guest.container.exec('ip', 'address', 'add', '198.18.1.3/24', 'dev', 'host0');
    await guest.send('198.18.1.1');
    await until('vm', '198.18.1.3 neighbour chosen');
    await guest.container.stop();
    await until('vm');
  });

  test('an entry that is there before the machine counts, by hand or learned', async () => {
    const guest = await Guest.start('198.18.2.2/24');
    await ip('address', 'add', '198.18.2.1/24', 'dev', guest.interfaceName);
    await guest.send('198.18.2.1');
    await ip(
      'neighbour',
      'add',
      '198.18.2.9',
      'lladdr',
      guest.linkAddress,
      'dev',
      guest.interfaceName,
      'nud',
      'permanent',
    );
    await ip('neighbour', 'add', '198.18.2.8', 'lladdr', guest.linkAddress, 'dev', guest.interfaceName, 'nud', 'noarp');
    await ip('neighbour', 'add', 'proxy', '198.18.2.7', 'dev', guest.interfaceName);
    await sendTo('198.18.2.6').catch(() => {});
    register('vm', { interfaces: [guest.index] });
    await vi.waitFor(() =>
      expect(known('vm').sort()).toEqual(['198.18.2.2 neighbour chosen', '198.18.2.9 neighbour chosen']),
    );
    await ip('neighbour', 'delete', '198.18.2.9', 'dev', guest.interfaceName);
    await until('vm', '198.18.2.2 neighbour chosen');
  });

  test('behind a bridge each guest has what its own port leads to', async () => {
    const [one, other] = [await Guest.start('198.18.3.2/24', 'fd00:3::2/64'), await Guest.start('198.18.3.3/24')];
    const lan = await bridge('198.18.3.1/24');
    await ip('address', 'add', 'fd00:3::1/64', 'dev', lan.name, 'nodad');
    await lan.attach(one.interfaceName);
    register('one', { interfaces: [one.index] });
    await lan.attach(other.interfaceName);
    register('other', { interfaces: [other.index] });
    // A bridge with several ports leads to several.
    register('all', { interfaces: [lan.index] });
    await one.send('198.18.3.1');
    await other.send('198.18.3.1');
    await until('one', '198.18.3.2 neighbour chosen');
    await until('other', '198.18.3.3 neighbour chosen');
    await one.send('fd00:3::1');
    await until('one', '198.18.3.2 neighbour chosen', 'fd00:3::2 neighbour chosen');
    expect(known('all')).toEqual([]);

    await ip('link', 'set', other.interfaceName, 'nomaster');
    await until('other');
    // Now it has one port only.
    await vi.waitFor(() => expect(known('all')).toEqual(known('one')));
    registry.remove('one' as MachineName);
    await one.container.exec('ip', 'address', 'delete', '198.18.3.2/24', 'dev', 'host0');
    await one.container.exec('ip', 'address', 'add', '198.18.3.4/24', 'dev', 'host0');
    await one.send('198.18.3.1');
    await vi.waitFor(() => expect(known('all')).toContain('198.18.3.4 neighbour chosen'));
  });

  test('what a bridge has forgotten of a silent guest is still known, until it is elsewhere', async () => {
    const [one, other] = [await Guest.start('198.18.4.2/24'), await Guest.start()];
    const lan = await bridge('198.18.4.1/24');
    await ip('link', 'set', lan.name, 'type', 'bridge', 'ageing_time', '100');
    for (const guest of [one, other]) await lan.attach(guest.interfaceName);
    register('one', { interfaces: [one.index] });
    register('other', { interfaces: [other.index] });
    await one.send('198.18.4.1');
    await until('one', '198.18.4.2 neighbour chosen');
    const forwarding = async () => JSON.parse(await ip('-json', 'neighbour', 'show', 'dev', lan.name)).length;
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await forwarding()).toBe(1);
    expect(known('one')).toEqual(['198.18.4.2 neighbour chosen']);

    // The guest moves: its addresses are behind the other port now.
    await one.container.exec('ip', 'link', 'set', 'host0', 'down');
    await other.container.exec('ip', 'link', 'set', 'host0', 'address', one.linkAddress);
    await other.container.exec('ip', 'address', 'add', '198.18.4.2/24', 'dev', 'host0');
    await other.send('198.18.4.1');
    await until('other', '198.18.4.2 neighbour chosen');
    await until('one');
  });

  test('an interface that others may be behind leads to no VM', async () => {
    const name = `mmi${process.pid.toString(36)}`;
    await ip('link', 'add', name, 'type', 'ifb');
    try {
      await ip('address', 'add', '198.18.5.1/24', 'dev', name);
      await ip('link', 'set', name, 'up');
      await ip('neighbour', 'add', '198.18.5.2', 'lladdr', '52:54:00:00:00:02', 'dev', name, 'nud', 'permanent');
      register('vm', { interfaces: [interfaceIndex(name), 999_999, interfaceIndex('lo')] });
      await settle();
      expect(known('vm')).toEqual([]);
    } finally {
      await ip('link', 'delete', name);
    }
  });

  test('a link-local address is told only where there is no other', async () => {
    const guest = await Guest.start('fe80::5/64');
    await ip('address', 'add', 'fe80::1/64', 'dev', guest.interfaceName, 'nodad');
    await ip('address', 'add', '198.18.6.1/24', 'dev', guest.interfaceName);
    register('vm', { interfaces: [guest.index] });
    await guest.send('fe80::1%host0');
    await until('vm', 'fe80::5 neighbour chosen');
    await guest.container.exec('ip', 'address', 'add', '198.18.6.2/24', 'dev', 'host0');
    await guest.send('198.18.6.1');
    await until('vm', '198.18.6.2 neighbour chosen', 'fe80::5 neighbour link-local');
  });

  test('a registered address comes first, and names are no addresses', async () => {
    register('vm', { sshAddress: '192.0.2.7' });
    register('six', { sshAddress: '2001:db8::7' });
    register('loopback', { sshAddress: '127.0.0.1' });
    for (const [name, sshAddress] of [
      'vsock/3',
      'host.example',
      '[2001:db8::7]',
      'fe80::1%eth0',
      '192.0.2.07',
      '',
      '0.0.0.0',
      'ff02::1',
    ].entries()) {
      register(`n${name}`, { sshAddress });
    }
    await until('vm', '192.0.2.7 registration chosen');
    await until('six', '2001:db8::7 registration chosen');
    await until('loopback', '127.0.0.1 registration host-scope');
    for (let name = 0; name < 8; name++) expect(known(`n${name}`)).toEqual([]);
  });

  test('a lease file tells by the link-layer address seen behind the port, and before the neighbour table', async () => {
    const guest = await Guest.start('198.18.7.2/24');
    const lan = await bridge('198.18.7.1/24');
    await lan.attach(guest.interfaceName);
    register('vm', { interfaces: [guest.index] });
    const file = join(directory, 'dnsmasq.leases');
    const write = (text: string) => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    };
    const soon = Math.floor(Date.now() / 1000) + 3;
    write(
      `0 ${guest.linkAddress.toUpperCase()} 198.18.7.9 web *\n${soon} ${guest.linkAddress} 198.18.7.8 * *\n` +
        '0 52:54:00:00:00:99 198.18.7.10 another *\n1 52:54:00:00:00:99 198.18.7.11 over *\n',
    );
    await settle();
    expect(known('vm')).toEqual([]);
    // The bridge learns from a packet that asks for something else.
    await guest.container.exec('bash', '-c', 'echo >/dev/udp/198.18.7.77/9 || true');
    await vi.waitFor(() => expect(known('vm')).toContain('198.18.7.9 lease-file chosen'));
    await guest.send('198.18.7.1');
    await until(
      'vm',
      ...['198.18.7.9 lease-file chosen', '198.18.7.8 lease-file chosen', '198.18.7.2 neighbour chosen'],
    );
    // The second one ends without anybody writing.
    await until('vm', '198.18.7.9 lease-file chosen', '198.18.7.2 neighbour chosen');
    writeFileSync(file, `0 ${guest.linkAddress} 198.18.7.2 web *\n`);
    await until('vm', '198.18.7.2 lease-file chosen', '198.18.7.2 neighbour duplicate');
    rmSync(file);
    await until('vm', '198.18.7.2 neighbour chosen');
  });

  test('a guest on a TAP device, which its hypervisor has open, needs no registered interface', async () => {
    const hypervisor = await Hypervisor.start('198.18.10.1/24');
    leaders.set('vm', Process.open(hypervisor.pid));
    try {
      register('vm', {});
      await settle();
      hypervisor.openTap();
      await hypervisor.ready();
      await vi.waitFor(async () => {
        hypervisor.askFor('198.18.10.1', '198.18.10.2');
        expect(known('vm')).toEqual(['198.18.10.2 neighbour chosen']);
      }, 5000);
      registry.remove('vm' as MachineName);
      register('vm', { interfaces: [interfaceIndex(hypervisor.tap)] });
      await until('vm', '198.18.10.2 neighbour chosen');
      // The device goes with the process.
      await hypervisor.stop();
      await until('vm');
    } finally {
      leaders.get('vm')?.close();
      leaders.clear();
      await hypervisor.stop();
    }
  });

  test('libvirt says it by the name of the domain, and by the address seen behind the port', async () => {
    const guest = await Guest.start('198.18.11.2/24');
    const lan = await bridge('198.18.11.1/24');
    await lan.attach(guest.interfaceName);
    register('qemu-3-web', {});
    register('web.example', {});
    register('other', { interfaces: [guest.index] });
    mkdirSync(join(directory, 'libvirt'));
    const soon = Math.floor(Date.now() / 1000) + 3600;
    const lease = (address: string, mac: string) => ({
      'ip-address': address,
      'mac-address': mac,
      'expiry-time': soon,
    });
    const write = (name: string, value: unknown) =>
      writeFileSync(join(directory, 'libvirt', name), JSON.stringify(value));
    write('virbr0.macs', [{ domain: 'web', macs: ['52:54:00:00:00:01', '52:54:00:00:00:02'] }]);
    write('virbr1.macs', [{ domain: 'web', macs: ['52:54:00:00:00:03'] }]);
    write('virbr0.status', [lease('192.168.122.2', '52:54:00:00:00:02'), lease('192.168.122.9', guest.linkAddress)]);
    write('virbr1.status', [lease('fd00::3', '52:54:00:00:00:03')]);
    await until('qemu-3-web', '192.168.122.2 libvirt chosen', 'fd00::3 libvirt chosen');
    await guest.send('198.18.11.1');
    await until('other', '192.168.122.9 libvirt chosen', '198.18.11.2 neighbour chosen');
    expect(known('web.example')).toEqual([]);
    // Two domains that libvirt gives the same machine name.
    write('virbr2.macs', [
      { domain: 'w_eb', macs: [guest.linkAddress] },
      { domain: 'we_b', macs: [] },
    ]);
    await settle();
    expect(known('qemu-3-web')).toEqual(['192.168.122.2 libvirt chosen', 'fd00::3 libvirt chosen']);
    write('virbr0.macs', []);
    write('virbr1.macs', []);
    await until('qemu-3-web');
    write('virbr0.status', 'nothing');
    await until('other', '198.18.11.2 neighbour chosen');
    await vi.waitFor(() => expect(problems).toHaveLength(1));
    expect(problems.splice(0)[0]).toMatch(/virbr0\.status: "nothing" is no JSON array$/);
  });

  test('systemd-networkd says it by the interface, on a bridge by the address seen behind the port', async () => {
    const [own, port] = [await Guest.start(), await Guest.start('198.18.12.2/24')];
    const lan = await bridge('198.18.12.1/24');
    await lan.attach(port.interfaceName);
    await port.send('198.18.12.1');
    register('own', { interfaces: [own.index] });
    register('port', { interfaces: [port.index] });
    mkdirSync(join(directory, 'networkd'));
    const lease = (last: number, mac: string) => ({
      Address: [198, 18, 12, last],
      HardwareAddressType: 1,
      HardwareAddress: mac.split(':').map((digits) => Number.parseInt(digits, 16)),
      ExpirationRealtimeUSec: (Date.now() + 3_600_000) * 1000,
    });
    const write = (name: string, ...leases: unknown[]) =>
      writeFileSync(join(directory, 'networkd', name), JSON.stringify({ PrefixLength: 24, Leases: leases }));
    write(own.interfaceName, lease(20, '52:54:00:00:00:20'));
    write(lan.name, lease(30, port.linkAddress), lease(31, '52:54:00:00:00:31'));
    await until('own', '198.18.12.20 networkd chosen');
    await until('port', '198.18.12.30 networkd chosen', '198.18.12.2 neighbour chosen');
    expect(registry.get('port')?.facts.addresses[0]).toMatchObject({ prefixLength: 24, hostInterfaceIndex: lan.index });
    // The interface is another one of the same name, or has another name.
    await ip('link', 'set', own.interfaceName, 'name', `${own.interfaceName}x`);
    await until('own');
    await ip('link', 'set', `${own.interfaceName}x`, 'name', own.interfaceName);
    await until('own', '198.18.12.20 networkd chosen');
  });

  test('of a guest that has any number of addresses 256 are known, and all those of others', async () => {
    const [wild, calm] = [await Guest.start('198.18.13.2/24'), await Guest.start('198.18.13.3/24')];
    const lan = await bridge('198.18.13.1/24');
    for (const guest of [wild, calm]) await lan.attach(guest.interfaceName);
    register('wild', { interfaces: [wild.index] });
    register('calm', { interfaces: [calm.index] });
    await calm.send('198.18.13.1');
    await until('calm', '198.18.13.3 neighbour chosen');
    // As many neighbours as the kernel keeps: all of them with the address of the wild guest.
    const lines = Array.from({ length: 600 }, (_, n) => {
      const address = `198.18.${20 + (n >> 8)}.${n & 255 || 1}`;
      return `neighbour replace ${address} lladdr ${wild.linkAddress} dev ${lan.name} nud stale`;
    });
    writeFileSync(join(directory, 'batch'), `${lines.join('\n')}\n`);
    await wild.send('198.18.13.1');
    await ip('-batch', join(directory, 'batch'));
    await vi.waitFor(() => expect(known('wild')).toHaveLength(256));
    expect(known('calm')).toEqual(['198.18.13.3 neighbour chosen']);
    await calm.container.exec('ip', 'address', 'delete', '198.18.13.3/24', 'dev', 'host0');
    await calm.container.exec('ip', 'address', 'add', '198.18.13.4/24', 'dev', 'host0');
    await calm.send('198.18.13.1');
    await vi.waitFor(() => expect(known('calm')).toContain('198.18.13.4 neighbour chosen'));
  });
});
