import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labUnavailable } from '../support/lab.ts';
import { hasProgram } from '../support/programs.ts';
import { DhcpGuest, mymachines, network } from './dhcp-guest.ts';

const unavailable = (await labUnavailable('bookworm')) ?? (hasProgram('busybox') ? undefined : 'there is no busybox');
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('a VM whose address systemd-networkd 252 gave', { timeout: 60_000 }, () => {
  let guest: DhcpGuest;
  const shell = (text: string): Promise<string> => guest.shell(text);

  beforeAll(async () => {
    guest = await DhcpGuest.up('bookworm', 'DefaultLeaseTimeSec=1h');
    await shell(`systemctl mask -q --now systemd-machined.service
      systemd-run -q -u mymachines -E PATH ${mymachines} serve --runtime-dir /run/mymachines --bus system
      await busctl --quiet call org.freedesktop.machine1 /org/freedesktop/machine1 \\
        org.freedesktop.machine1.Manager ListMachines
      busctl call org.freedesktop.machine1 /org/freedesktop/machine1 org.freedesktop.machine1.Manager \\
        RegisterMachineWithNetwork sayssusai guest 0 test vm $(systemctl show -P MainPID guest) '' \\
        1 $(cat /sys/class/net/vm0/ifindex)`);
  }, 60_000);
  afterAll(() => guest?.lab.down());

  it('has it at once, and no file says so', async () => {
    expect(await shell('systemctl --version')).toMatch(/^systemd 252 /);
    const address = await guest.askForAddress();
    expect(address).toMatch(/^10\.77\.0\.\d+$/);
    await guest.untilExplained(`${address} networkd chosen`);
    expect(
      await shell('ls -d {/run/systemd/netif,/var/lib/systemd/network}/dhcp-server-lease 2>/dev/null || true'),
    ).toBe('');
    const text = await shell(`${mymachines} explain guest --runtime-dir=/run/mymachines`);
    expect(text).toContain('systemd-networkd has given it to the machine');
  });

  it('has another one when it is given another', async () => {
    const before = await guest.askForAddress();
    // Another client in the same place: what the one before was given is of no use, though its lease goes on.
    await shell('ip -n guest address flush dev eth0; ip -n guest link set eth0 address 52:54:00:12:34:57');
    const address = await guest.askForAddress();
    expect(address).not.toBe(before);
    await shell(
      `ip netns exec guest bash -c 'echo >/dev/udp/10.77.0.1/9'; ip neighbour delete ${before} dev vm0 || true`,
    );
    await guest.untilExplained(`${address} networkd chosen`, `${address} neighbour duplicate`);
  });

  it('has it no longer than systemd-networkd says, which forgets all when it starts', async () => {
    const address = await guest.askForAddress();
    await shell('ip neighbour flush dev vm0');
    expect(await guest.explained()).toContain(`${address} networkd chosen`);
    await shell(`ip -n guest address flush dev eth0; ${network('DefaultLeaseTimeSec=1h')}; ip neighbour flush dev vm0`);
    await guest.untilExplained();
    // A client that stays, and lets go of its address when it is told to.
    await shell('systemd-run -q -u client ip netns exec guest busybox udhcpc -i eth0 -s /tmp/take -f');
    const again = await shell(
      `await sh -c "ip -n guest -4 -br address show eth0 | grep -o -m1 '10[.]77[.]0[.][0-9]*'"`,
    );
    await guest.untilExplained(`${again.trim()} networkd chosen`);
    await shell('systemctl kill -s USR2 client');
    // What it said when it let go is no more than that, once it does not answer.
    await shell(`await sh -c 'journalctl -q -o cat -u client | grep -q released'
      systemctl stop client; ip -n guest address flush dev eth0; ip neighbour flush dev vm0`);
    await guest.untilExplained();
  });

  it('has it as long as the lease lasts, and not for a moment only', async () => {
    await shell(`${network('DefaultLeaseTimeSec=4s')}; ip neighbour flush dev vm0`);
    const began = Date.now();
    const address = await guest.askForAddress();
    await shell('ip -n guest address flush dev eth0; ip neighbour flush dev vm0');
    await guest.untilExplained(`${address} networkd chosen`);
    await guest.untilExplained();
    expect(Date.now() - began).toBeGreaterThan(3000);
  });

  it('has logged nothing but what it should', async () => {
    expect(await shell('journalctl -q -o cat -p warning -u mymachines')).toBe('');
    expect(await shell('journalctl -q -o cat -u mymachines | grep -c ready')).toBe('1\n');
  });
});
