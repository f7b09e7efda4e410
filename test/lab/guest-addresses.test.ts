import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labUnavailable } from '../support/lab.ts';
import { hasProgram } from '../support/programs.ts';
import { DhcpGuest, mymachines, network } from './dhcp-guest.ts';

const unavailable = (await labUnavailable()) ?? (hasProgram('busybox') ? undefined : 'there is no busybox');
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('a VM whose address systemd-networkd gave', { timeout: 60_000 }, () => {
  let guest: DhcpGuest;
  const shell = (text: string): Promise<string> => guest.shell(text);
  const list = async (directory: string, acquire: string): Promise<{ error?: string; addresses?: string[] }> => {
    const question = JSON.stringify({ name: 'guest', acquireMetadata: acquire });
    const method = `${directory}/machine/io.systemd.Machine io.systemd.Machine.List`;
    const { status, stdout, stderr } = await guest.lab.run('bash', '-c', `varlinkctl -j call ${method} '${question}'`);
    if (status !== 0) return { error: stderr.match(/io\.systemd(?:\.\w+)+/g)?.at(-1) ?? stderr };
    const { addresses = [] } = JSON.parse(stdout) as { addresses?: { address: number[] }[] };
    return { addresses: addresses.map(({ address }) => address.join('.')) };
  };

  beforeAll(async () => {
    guest = await DhcpGuest.up('forky', 'PersistLeases=yes\nDefaultLeaseTimeSec=1h');
    await shell(`systemd-run -q -u mymachines -E PATH ${mymachines} serve --runtime-dir /run/mymachines --bus none
      await test -S /run/mymachines/machine/io.systemd.Machine`);
    for (const directory of ['/run/systemd', '/run/mymachines']) {
      await shell(`varlinkctl call ${directory}/machine/io.systemd.Machine io.systemd.Machine.Register "{
        \\"name\\": \\"guest\\", \\"class\\": \\"vm\\", \\"leader\\": $(systemctl show -P MainPID guest),
        \\"ifIndices\\": [$(cat /sys/class/net/vm0/ifindex)]}"`);
    }
  }, 60_000);
  afterAll(() => guest?.lab.down());

  it('has it at once, and systemd-machined knows nothing of it', async () => {
    const address = await guest.askForAddress();
    expect(address).toMatch(/^10\.77\.0\.\d+$/);
    await guest.untilExplained(`${address} networkd chosen`);
    expect(await list('/run/mymachines', 'graceful')).toEqual({ addresses: [address] });
    expect(await list('/run/systemd', 'graceful')).toEqual({ addresses: [] });
    expect(await list('/run/systemd', 'yes')).toEqual({ error: 'io.systemd.Machine.NotAvailable' });
    const { status, stderr } = await guest.lab.run(
      ...(['busctl', 'call', 'org.freedesktop.machine1', '/org/freedesktop/machine1'] as const),
      ...['org.freedesktop.machine1.Manager', 'GetMachineAddresses', 's', 'guest'],
    );
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('only supported on container') });
  });

  it('has it once when it answers to it, too, and shows where it is known from', async () => {
    const address = await guest.askForAddress();
    await shell(`ip netns exec guest bash -c 'echo >/dev/udp/10.77.0.1/9'`);
    await guest.untilExplained(`${address} networkd chosen`, `${address} neighbour duplicate`);
    const text = await shell(`${mymachines} explain guest --runtime-dir=/run/mymachines`);
    expect(text).toMatch(
      /^10\.77\.0\.\d+\/24 +- +vm0 \(\d+\) +global networkd +yes +systemd-networkd has given it to the machine$/m,
    );
  });

  it('has another one when it is given another', async () => {
    const before = await guest.askForAddress();
    // Another client in the same place: what the one before was given is of no use, though its lease goes on.
    await shell('ip -n guest address flush dev eth0; ip -n guest link set eth0 address 52:54:00:12:34:56');
    const address = await guest.askForAddress();
    expect(address).not.toBe(before);
    await shell(`ip netns exec guest bash -c 'echo >/dev/udp/10.77.0.1/9'; ip neighbour delete ${before} dev vm0`);
    await guest.untilExplained(`${address} networkd chosen`, `${address} neighbour duplicate`);
  });

  it('has it from the runtime directory, too, and no longer than the lease is there', async () => {
    await shell(`ip neighbour flush dev vm0
      systemctl stop systemd-networkd.socket systemd-networkd-varlink.socket systemd-networkd.service 2>/dev/null || true
      rm /var/lib/systemd/network/dhcp-server-lease/vm0
      ${network('PersistLeases=runtime\nDefaultLeaseTimeSec=1h')}`);
    await guest.untilExplained();
    // A client that stays, and lets go of its address when it is told to.
    await shell('systemd-run -q -u client ip netns exec guest busybox udhcpc -i eth0 -s /tmp/take -f');
    const address = await shell(`await grep -o '"AddressString":"[^"]*' /run/systemd/netif/dhcp-server-lease/vm0`);
    await guest.untilExplained(`${address.trim().split('"').at(-1)} networkd chosen`);
    await shell('systemctl kill -s USR2 client');
    await guest.untilExplained();
  });

  it('has logged nothing but what it should', async () => {
    expect(await shell('journalctl -q -o cat -p warning -u mymachines')).toBe('');
    expect(await shell('journalctl -q -o cat -u mymachines | grep -c ready')).toBe('1\n');
  });
});
