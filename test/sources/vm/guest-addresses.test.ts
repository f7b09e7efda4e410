import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { Process } from '../../../src/linux/process.ts';
import type { MachineName } from '../../../src/machine/machine-name.ts';
import { Guest, ip, quickly, sendTo } from '../../support/guest-network.ts';
import { Hypervisor } from '../../support/hypervisor.ts';
import { interfaceIndex } from '../../support/interface-index.ts';
import { containersUnavailable } from '../../support/namespaces.ts';
import { GuestHarness, settle } from './harness.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('the addresses that a VM answers to', () => {
  const vms = new GuestHarness();

  test('one packet of a guest on its own interface shows it; it goes when the entry fails', async () => {
    const guest = await Guest.start('198.18.1.2/24');
    await ip('address', 'add', '198.18.1.1/24', 'dev', guest.interfaceName);
    await quickly(guest.interfaceName);
    vms.register('vm', { interfaces: [guest.index] });
    await settle();
    expect(vms.known('vm')).toEqual([]);

    await guest.send('198.18.1.1');
    await vms.until('vm', '198.18.1.2 neighbour chosen');

    await guest.container.exec('ip', 'address', 'flush', 'dev', 'host0');
    // The host asks again only when it has something to send and has not heard of it for a while.
    await vi.waitFor(
      async () => {
        await sendTo('198.18.1.2');
        expect(vms.known('vm')).toEqual([]);
      },
      { timeout: 8000, interval: 100 },
    );

    await guest.container.exec('ip', 'address', 'add', '198.18.1.3/24', 'dev', 'host0');
    await guest.send('198.18.1.1');
    await vms.until('vm', '198.18.1.3 neighbour chosen');
    await guest.container.stop();
    await vms.until('vm');
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
    vms.register('vm', { interfaces: [guest.index] });
    await vi.waitFor(() =>
      expect(vms.known('vm').sort()).toEqual(['198.18.2.2 neighbour chosen', '198.18.2.9 neighbour chosen']),
    );
    await ip('neighbour', 'delete', '198.18.2.9', 'dev', guest.interfaceName);
    await vms.until('vm', '198.18.2.2 neighbour chosen');
  });

  test('behind a bridge each guest has what its own port leads to', async () => {
    const [one, other] = [await Guest.start('198.18.3.2/24', 'fd00:3::2/64'), await Guest.start('198.18.3.3/24')];
    const lan = await vms.bridge('198.18.3.1/24');
    await ip('address', 'add', 'fd00:3::1/64', 'dev', lan.name, 'nodad');
    await lan.attach(one.interfaceName);
    vms.register('one', { interfaces: [one.index] });
    await lan.attach(other.interfaceName);
    vms.register('other', { interfaces: [other.index] });
    // A bridge with several ports leads to several.
    vms.register('all', { interfaces: [lan.index] });
    await one.send('198.18.3.1');
    await other.send('198.18.3.1');
    await vms.until('one', '198.18.3.2 neighbour chosen');
    await vms.until('other', '198.18.3.3 neighbour chosen');
    await one.send('fd00:3::1');
    await vms.until('one', '198.18.3.2 neighbour chosen', 'fd00:3::2 neighbour chosen');
    expect(vms.known('all')).toEqual([]);

    await ip('link', 'set', other.interfaceName, 'nomaster');
    await vms.until('other');
    // Now it has one port only.
    await vi.waitFor(() => expect(vms.known('all')).toEqual(vms.known('one')));
    vms.registry.remove('one' as MachineName);
    await one.container.exec('ip', 'address', 'delete', '198.18.3.2/24', 'dev', 'host0');
    await one.container.exec('ip', 'address', 'add', '198.18.3.4/24', 'dev', 'host0');
    await one.send('198.18.3.1');
    await vi.waitFor(() => expect(vms.known('all')).toContain('198.18.3.4 neighbour chosen'));
  });

  test('what a bridge has forgotten of a silent guest is still known, until it is elsewhere', async () => {
    const [one, other] = [await Guest.start('198.18.4.2/24'), await Guest.start()];
    const lan = await vms.bridge('198.18.4.1/24');
    await ip('link', 'set', lan.name, 'type', 'bridge', 'ageing_time', '100');
    for (const guest of [one, other]) await lan.attach(guest.interfaceName);
    vms.register('one', { interfaces: [one.index] });
    vms.register('other', { interfaces: [other.index] });
    await one.send('198.18.4.1');
    await vms.until('one', '198.18.4.2 neighbour chosen');
    const forwarding = async () => JSON.parse(await ip('-json', 'neighbour', 'show', 'dev', lan.name)).length;
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await forwarding()).toBe(1);
    expect(vms.known('one')).toEqual(['198.18.4.2 neighbour chosen']);

    // The guest moves: its addresses are behind the other port now.
    await one.container.exec('ip', 'link', 'set', 'host0', 'down');
    await other.container.exec('ip', 'link', 'set', 'host0', 'address', one.linkAddress);
    await other.container.exec('ip', 'address', 'add', '198.18.4.2/24', 'dev', 'host0');
    await other.send('198.18.4.1');
    await vms.until('other', '198.18.4.2 neighbour chosen');
    await vms.until('one');
  });

  test('an interface that others may be behind leads to no VM', async () => {
    const name = `mmi${process.pid.toString(36)}`;
    await ip('link', 'add', name, 'type', 'ifb');
    try {
      await ip('address', 'add', '198.18.5.1/24', 'dev', name);
      await ip('link', 'set', name, 'up');
      await ip('neighbour', 'add', '198.18.5.2', 'lladdr', '52:54:00:00:00:02', 'dev', name, 'nud', 'permanent');
      vms.register('vm', { interfaces: [interfaceIndex(name), 999_999, interfaceIndex('lo')] });
      await settle();
      expect(vms.known('vm')).toEqual([]);
    } finally {
      await ip('link', 'delete', name);
    }
  });

  test('a link-local address is told only where there is no other', async () => {
    const guest = await Guest.start('fe80::5/64');
    await ip('address', 'add', 'fe80::1/64', 'dev', guest.interfaceName, 'nodad');
    await ip('address', 'add', '198.18.6.1/24', 'dev', guest.interfaceName);
    vms.register('vm', { interfaces: [guest.index] });
    await guest.send('fe80::1%host0');
    await vms.until('vm', 'fe80::5 neighbour chosen');
    await guest.container.exec('ip', 'address', 'add', '198.18.6.2/24', 'dev', 'host0');
    await guest.send('198.18.6.1');
    await vms.until('vm', '198.18.6.2 neighbour chosen', 'fe80::5 neighbour link-local');
  });

  test('a guest on a TAP device, which its hypervisor has open, needs no registered interface', async () => {
    const hypervisor = await Hypervisor.start('198.18.10.1/24');
    vms.leaders.set('vm', Process.open(hypervisor.pid));
    try {
      vms.register('vm', {});
      await settle();
      hypervisor.openTap();
      await hypervisor.ready();
      await vi.waitFor(async () => {
        hypervisor.askFor('198.18.10.1', '198.18.10.2');
        expect(vms.known('vm')).toEqual(['198.18.10.2 neighbour chosen']);
      }, 5000);
      vms.registry.remove('vm' as MachineName);
      vms.register('vm', { interfaces: [interfaceIndex(hypervisor.tap)] });
      await vms.until('vm', '198.18.10.2 neighbour chosen');
      // The device goes with the process.
      await hypervisor.stop();
      await vms.until('vm');
    } finally {
      vms.leaders.get('vm')?.close();
      vms.leaders.clear();
      await hypervisor.stop();
    }
  });

  test('of a guest that has any number of addresses 256 are known, and all those of others', async () => {
    const [wild, calm] = [await Guest.start('198.18.13.2/24'), await Guest.start('198.18.13.3/24')];
    const lan = await vms.bridge('198.18.13.1/24');
    for (const guest of [wild, calm]) await lan.attach(guest.interfaceName);
    vms.register('wild', { interfaces: [wild.index] });
    vms.register('calm', { interfaces: [calm.index] });
    await calm.send('198.18.13.1');
    await vms.until('calm', '198.18.13.3 neighbour chosen');
    // As many neighbours as the kernel keeps: all of them with the address of the wild guest.
    const lines = Array.from({ length: 600 }, (_, n) => {
      const address = `198.18.${20 + (n >> 8)}.${n & 255 || 1}`;
      return `neighbour replace ${address} lladdr ${wild.linkAddress} dev ${lan.name} nud stale`;
    });
    writeFileSync(join(vms.directory, 'batch'), `${lines.join('\n')}\n`);
    await wild.send('198.18.13.1');
    await ip('-batch', join(vms.directory, 'batch'));
    await vi.waitFor(() => expect(vms.known('wild')).toHaveLength(256));
    expect(vms.known('calm')).toEqual(['198.18.13.3 neighbour chosen']);
    await calm.container.exec('ip', 'address', 'delete', '198.18.13.3/24', 'dev', 'host0');
    await calm.container.exec('ip', 'address', 'add', '198.18.13.4/24', 'dev', 'host0');
    await calm.send('198.18.13.1');
    await vi.waitFor(() => expect(vms.known('calm')).toContain('198.18.13.4 neighbour chosen'));
  });
});
