import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab, labUnavailable } from '../support/lab.ts';
import { hasProgram } from '../support/programs.ts';
import { projectRoot } from '../support/project-root.ts';

const unavailable = (await labUnavailable()) ?? (hasProgram('busybox') ? undefined : 'there is no busybox');
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

const mymachines = 'node /project/dist/cli/main.js';

/** Runs a command again and again until it succeeds, and gives what it prints. For bash. */
const await_ =
  'await() { local n; for n in $(seq 250); do if "$@" 2>/dev/null; then return; fi; sleep .02; done; "$@"; }';

/** systemd-networkd's DHCP server on an interface, as systemd-vmspawn's network file has it, and a client behind it. */
const network = (persist: string, lifetime: string) => `
  cat >/etc/systemd/network/10-vm0.network <<END
[Match]
Name=vm0
[Network]
Address=10.77.0.1/24
DHCPServer=yes
[DHCPServer]
PersistLeases=${persist}
DefaultLeaseTimeSec=${lifetime}
END
  systemctl restart systemd-networkd
  await sh -c 'networkctl status vm0 | grep -q routable'`;

describe.skipIf(unavailable !== undefined)('a VM whose address systemd-networkd gave', { timeout: 60_000 }, () => {
  let lab: Lab;
  const shell = (text: string): Promise<string> => lab.shell(`${await_}\n${text}`);
  const list = async (directory: string, acquire: string): Promise<{ error?: string; addresses?: string[] }> => {
    const question = JSON.stringify({ name: 'guest', acquireMetadata: acquire });
    const method = `${directory}/machine/io.systemd.Machine io.systemd.Machine.List`;
    const { status, stdout, stderr } = await lab.run('bash', '-c', `varlinkctl -j call ${method} '${question}'`);
    if (status !== 0) return { error: stderr.match(/io\.systemd(?:\.\w+)+/g)?.at(-1) ?? stderr };
    const { addresses = [] } = JSON.parse(stdout) as { addresses?: { address: number[] }[] };
    return { addresses: addresses.map(({ address }) => address.join('.')) };
  };
  const explained = async () => {
    const text = await shell(`${mymachines} explain guest -j --runtime-dir=/run/mymachines`);
    const { addresses } = JSON.parse(text) as { addresses: { address: string; source: string; verdict: string }[] };
    return addresses.map(({ address, source, verdict }) => `${address} ${source} ${verdict}`);
  };
  const untilExplained = async (...expected: string[]) => {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const now = await explained();
      if (now.join() === expected.join() || Date.now() > deadline) return expect(now).toEqual(expected);
    }
  };
  /** Gives the address that the client got. */
  const askForAddress = () =>
    shell(`ip netns exec guest busybox udhcpc -i eth0 -s /tmp/take -f -q -n -t 20 -T 1 -x hostname:whatever >&2
      ip -n guest -4 -br address show eth0 | awk '{ print $3 }' | cut -d / -f 1`).then((text) => text.trim());

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }]);
    lab.copyIn('/usr/bin/busybox', '/usr/local/bin/busybox');
    lab.write('/tmp/take', '#!/bin/sh\n[ "$1" = bound ] && ip address replace "$ip/24" dev "$interface"\nexit 0\n');
    await shell(`chmod +x /tmp/take
      # Where /sys can be written systemd-networkd waits for udev, which a container has not.
      mount -o remount,ro /sys
      ip netns add guest
      ip link add vm0 type veth peer name eth0 netns guest
      ip -n guest link set eth0 addrgenmode none up; ip link set vm0 up
      ${network('yes', '1h')}
      systemd-run -q -u guest sleep infinity
      systemd-run -q -u mymachines -E PATH ${mymachines} serve --runtime-dir /run/mymachines --bus none
      await test -S /run/mymachines/machine/io.systemd.Machine`);
    for (const directory of ['/run/systemd', '/run/mymachines']) {
      await shell(`varlinkctl call ${directory}/machine/io.systemd.Machine io.systemd.Machine.Register "{
        \\"name\\": \\"guest\\", \\"class\\": \\"vm\\", \\"leader\\": $(systemctl show -P MainPID guest),
        \\"ifIndices\\": [$(cat /sys/class/net/vm0/ifindex)]}"`);
    }
  }, 60_000);
  afterAll(() => lab?.down());

  it('has it at once, and systemd-machined knows nothing of it', async () => {
    const address = await askForAddress();
    expect(address).toMatch(/^10\.77\.0\.\d+$/);
    await untilExplained(`${address} networkd chosen`);
    expect(await list('/run/mymachines', 'graceful')).toEqual({ addresses: [address] });
    expect(await list('/run/systemd', 'graceful')).toEqual({ addresses: [] });
    expect(await list('/run/systemd', 'yes')).toEqual({ error: 'io.systemd.Machine.NotAvailable' });
    const { status, stderr } = await lab.run(
      ...(['busctl', 'call', 'org.freedesktop.machine1', '/org/freedesktop/machine1'] as const),
      ...['org.freedesktop.machine1.Manager', 'GetMachineAddresses', 's', 'guest'],
    );
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('only supported on container') });
  });

  it('has it once when it answers to it, too, and shows where it is known from', async () => {
    const address = await askForAddress();
    await shell(`ip netns exec guest bash -c 'echo >/dev/udp/10.77.0.1/9'`);
    await untilExplained(`${address} networkd chosen`, `${address} neighbour duplicate`);
    const text = await shell(`${mymachines} explain guest --runtime-dir=/run/mymachines`);
    expect(text).toMatch(
      /^10\.77\.0\.\d+\/24 +- +vm0 \(\d+\) +global networkd +yes +systemd-networkd has given it to the machine$/m,
    );
  });

  it('has another one when it is given another', async () => {
    const before = await askForAddress();
    // Another client in the same place: what the one before was given is of no use, though its lease goes on.
    await shell('ip -n guest address flush dev eth0; ip -n guest link set eth0 address 52:54:00:12:34:56');
    const address = await askForAddress();
    expect(address).not.toBe(before);
    await shell(`ip netns exec guest bash -c 'echo >/dev/udp/10.77.0.1/9'; ip neighbour delete ${before} dev vm0`);
    await untilExplained(`${address} networkd chosen`, `${address} neighbour duplicate`);
  });

  it('has it from the runtime directory, too, and no longer than the lease is there', async () => {
    await shell(`ip neighbour flush dev vm0
      systemctl stop systemd-networkd.socket systemd-networkd-varlink.socket systemd-networkd.service 2>/dev/null || true
      rm /var/lib/systemd/network/dhcp-server-lease/vm0
      ${network('runtime', '1h')}`);
    await untilExplained();
    // A client that stays, and lets go of its address when it is told to.
    await shell('systemd-run -q -u client ip netns exec guest busybox udhcpc -i eth0 -s /tmp/take -f');
    const address = await shell(`await grep -o '"AddressString":"[^"]*' /run/systemd/netif/dhcp-server-lease/vm0`);
    await untilExplained(`${address.trim().split('"').at(-1)} networkd chosen`);
    await shell('systemctl kill -s USR2 client');
    await untilExplained();
  });

  it('has logged nothing but what it should', async () => {
    expect(await shell('journalctl -q -o cat -p warning -u mymachines')).toBe('');
    expect(await shell('journalctl -q -o cat -u mymachines | grep -c ready')).toBe('1\n');
  });
});
