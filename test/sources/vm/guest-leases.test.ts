import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { Guest, ip } from '../../support/guest-network.ts';
import { containersUnavailable } from '../../support/namespaces.ts';
import { GuestHarness, settle } from './harness.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('the addresses that others say a VM has', () => {
  const vms = new GuestHarness();

  test('a registered address comes first, and names are no addresses', async () => {
    vms.register('vm', { sshAddress: '192.0.2.7' });
    vms.register('six', { sshAddress: '2001:db8::7' });
    vms.register('loopback', { sshAddress: '127.0.0.1' });
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
      vms.register(`n${name}`, { sshAddress });
    }
    await vms.until('vm', '192.0.2.7 registration chosen');
    await vms.until('six', '2001:db8::7 registration chosen');
    await vms.until('loopback', '127.0.0.1 registration host-scope');
    for (let name = 0; name < 8; name++) expect(vms.known(`n${name}`)).toEqual([]);
  });

  test('a lease file tells by the link-layer address seen behind the port, and before the neighbour table', async () => {
    const guest = await Guest.start('198.18.7.2/24');
    const lan = await vms.bridge('198.18.7.1/24');
    await lan.attach(guest.interfaceName);
    vms.register('vm', { interfaces: [guest.index] });
    const file = join(vms.directory, 'dnsmasq.leases');
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
    expect(vms.known('vm')).toEqual([]);
    // The bridge learns from a packet that asks for something else.
    await guest.container.exec('bash', '-c', 'echo >/dev/udp/198.18.7.77/9 || true');
    await vi.waitFor(() => expect(vms.known('vm')).toContain('198.18.7.9 lease-file chosen'));
    await guest.send('198.18.7.1');
    await vms.until(
      'vm',
      ...['198.18.7.9 lease-file chosen', '198.18.7.8 lease-file chosen', '198.18.7.2 neighbour chosen'],
    );
    // The second one ends without anybody writing.
    await vms.until('vm', '198.18.7.9 lease-file chosen', '198.18.7.2 neighbour chosen');
    writeFileSync(file, `0 ${guest.linkAddress} 198.18.7.2 web *\n`);
    await vms.until('vm', '198.18.7.2 lease-file chosen', '198.18.7.2 neighbour duplicate');
    rmSync(file);
    await vms.until('vm', '198.18.7.2 neighbour chosen');
  });

  test('libvirt says it by the name of the domain, and by the address seen behind the port', async () => {
    const guest = await Guest.start('198.18.11.2/24');
    const lan = await vms.bridge('198.18.11.1/24');
    await lan.attach(guest.interfaceName);
    vms.register('qemu-3-web', {});
    vms.register('web.example', {});
    vms.register('other', { interfaces: [guest.index] });
    mkdirSync(join(vms.directory, 'libvirt'));
    const soon = Math.floor(Date.now() / 1000) + 3600;
    const lease = (address: string, mac: string) => ({
      'ip-address': address,
      'mac-address': mac,
      'expiry-time': soon,
    });
    const write = (name: string, value: unknown) =>
      writeFileSync(join(vms.directory, 'libvirt', name), JSON.stringify(value));
    write('virbr0.macs', [{ domain: 'web', macs: ['52:54:00:00:00:01', '52:54:00:00:00:02'] }]);
    write('virbr1.macs', [{ domain: 'web', macs: ['52:54:00:00:00:03'] }]);
    write('virbr0.status', [lease('192.168.122.2', '52:54:00:00:00:02'), lease('192.168.122.9', guest.linkAddress)]);
    write('virbr1.status', [lease('fd00::3', '52:54:00:00:00:03')]);
    await vms.until('qemu-3-web', '192.168.122.2 libvirt chosen', 'fd00::3 libvirt chosen');
    await guest.send('198.18.11.1');
    await vms.until('other', '192.168.122.9 libvirt chosen', '198.18.11.2 neighbour chosen');
    expect(vms.known('web.example')).toEqual([]);
    // Two domains that libvirt gives the same machine name.
    write('virbr2.macs', [
      { domain: 'w_eb', macs: [guest.linkAddress] },
      { domain: 'we_b', macs: [] },
    ]);
    await settle();
    expect(vms.known('qemu-3-web')).toEqual(['192.168.122.2 libvirt chosen', 'fd00::3 libvirt chosen']);
    write('virbr0.macs', []);
    write('virbr1.macs', []);
    await vms.until('qemu-3-web');
    write('virbr0.status', 'nothing');
    await vms.until('other', '198.18.11.2 neighbour chosen');
    await vi.waitFor(() => expect(vms.problems).toHaveLength(1));
    expect(vms.problems.splice(0)[0]).toMatch(/virbr0\.status: "nothing" is no JSON array$/);
  });

  test('systemd-networkd says it by the interface, on a bridge by the address seen behind the port', async () => {
    const [own, port] = [await Guest.start(), await Guest.start('198.18.12.2/24')];
    const lan = await vms.bridge('198.18.12.1/24');
    await lan.attach(port.interfaceName);
    await port.send('198.18.12.1');
    vms.register('own', { interfaces: [own.index] });
    vms.register('port', { interfaces: [port.index] });
    mkdirSync(join(vms.directory, 'networkd'));
    const lease = (last: number, mac: string) => ({
      Address: [198, 18, 12, last],
      HardwareAddressType: 1,
      HardwareAddress: mac.split(':').map((digits) => Number.parseInt(digits, 16)),
      ExpirationRealtimeUSec: (Date.now() + 3_600_000) * 1000,
    });
    const write = (name: string, ...leases: unknown[]) =>
      writeFileSync(join(vms.directory, 'networkd', name), JSON.stringify({ PrefixLength: 24, Leases: leases }));
    write(own.interfaceName, lease(20, '52:54:00:00:00:20'));
    write(lan.name, lease(30, port.linkAddress), lease(31, '52:54:00:00:00:31'));
    await vms.until('own', '198.18.12.20 networkd chosen');
    await vms.until('port', '198.18.12.30 networkd chosen', '198.18.12.2 neighbour chosen');
    expect(vms.registry.get('port')?.facts.addresses[0]).toMatchObject({
      prefixLength: 24,
      hostInterfaceIndex: lan.index,
    });
    // The interface is another one of the same name, or has another name.
    await ip('link', 'set', own.interfaceName, 'name', `${own.interfaceName}x`);
    await vms.until('own');
    await ip('link', 'set', `${own.interfaceName}x`, 'name', own.interfaceName);
    await vms.until('own', '198.18.12.20 networkd chosen');
  });

  test('systemd-networkd is asked where it has written nothing', async () => {
    const [own, port] = [await Guest.start(), await Guest.start('198.18.13.2/24')];
    const lan = await vms.bridge('198.18.13.1/24');
    await lan.attach(port.interfaceName);
    await port.send('198.18.13.1');
    vms.register('own', { interfaces: [own.index] });
    vms.register('port', { interfaces: [port.index] });
    await vi.waitFor(() => expect([...vms.wanted].sort()).toEqual([own.index, lan.index].sort()));
    const lease = (mac: string, ...address: number[]) => {
      const hardwareAddress = new Uint8Array(16);
      hardwareAddress.set(mac.split(':').map((digits) => Number.parseInt(digits, 16)));
      return { address: Uint8Array.from(address), hardwareAddress };
    };
    const soon = Date.now() + 2000;
    vms.tell(own.index, { ...lease('52:54:00:00:00:20', 198, 18, 13, 20), expiresAt: soon });
    vms.tell(lan.index, lease('52:54:00:00:00:31', 198, 18, 13, 31), lease(port.linkAddress, 198, 18, 13, 30));
    await vms.until('own', '198.18.13.20 networkd chosen');
    await vms.until('port', '198.18.13.30 networkd chosen', '198.18.13.2 neighbour chosen');
    // It ends without anybody saying so.
    await vms.until('own');
    expect(Date.now()).toBeGreaterThanOrEqual(soon);
    // No address of a host, and no Ethernet.
    vms.tell(own.index, lease('52:54:00:00:00:20', 0, 0, 0, 0), lease('52:54:00:00:00:20', 224, 0, 0, 1));
    await settle();
    expect(vms.known('own')).toEqual([]);
    const longer = lease(port.linkAddress, 198, 18, 13, 30);
    longer.hardwareAddress[6] = 1;
    vms.tell(lan.index, longer);
    await vms.until('port', '198.18.13.2 neighbour chosen');
    // What is written counts.
    vms.tell(own.index, lease('52:54:00:00:00:20', 198, 18, 13, 20));
    await vms.until('own', '198.18.13.20 networkd chosen');
    mkdirSync(join(vms.directory, 'networkd'));
    const written = { Address: [198, 18, 13, 21], HardwareAddressType: 1, HardwareAddress: [2, 0, 0, 0, 0, 1] };
    writeFileSync(join(vms.directory, 'networkd', own.interfaceName), JSON.stringify({ Leases: [written] }));
    await vms.until('own', '198.18.13.21 networkd chosen');
    vms.registry.remove('own' as never);
    expect([...vms.wanted]).toEqual([lan.index]);
    vms.registry.remove('port' as never);
    expect([...vms.wanted]).toEqual([]);
  });
});
