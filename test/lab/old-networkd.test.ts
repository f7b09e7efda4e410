import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab, labUnavailable } from '../support/lab.ts';
import { hasProgram } from '../support/programs.ts';
import { projectRoot } from '../support/project-root.ts';

const unavailable = (await labUnavailable('bookworm')) ?? (hasProgram('busybox') ? undefined : 'there is no busybox');
if (unavailable !== undefined) console.warn(`skipped, no lab: ${unavailable}`);

const mymachines = 'node /project/dist/cli/main.js';

/** Runs a command again and again until it succeeds, and gives what it prints. For bash. */
const await_ =
  'await() { local n; for n in $(seq 250); do if "$@" 2>/dev/null; then return; fi; sleep .02; done; "$@"; }';

/** systemd-networkd's DHCP server on an interface; it has no PersistLeases= yet. */
const network = (lifetime: string) => `
  cat >/etc/systemd/network/10-vm0.network <<END
[Match]
Name=vm0
[Network]
Address=10.78.0.1/24
DHCPServer=yes
[DHCPServer]
DefaultLeaseTimeSec=${lifetime}
END
  systemctl restart systemd-networkd
  await sh -c 'networkctl status vm0 | grep -q routable'`;

describe.skipIf(unavailable !== undefined)('a VM whose address systemd-networkd 252 gave', { timeout: 60_000 }, () => {
  let lab: Lab;
  const shell = (text: string): Promise<string> => lab.shell(`${await_}\n${text}`);
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
    shell(`ip netns exec guest busybox udhcpc -i eth0 -s /tmp/take -f -q -n -t 20 -T 1 >&2
      ip -n guest -4 -br address show eth0 | awk '{ print $3 }' | cut -d / -f 1`).then((text) => text.trim());

  beforeAll(async () => {
    lab = await Lab.up([{ directory: projectRoot, name: 'project' }], 'bookworm');
    lab.copyIn('/usr/bin/busybox', '/usr/local/bin/busybox');
    lab.write('/tmp/take', '#!/bin/sh\n[ "$1" = bound ] && ip address replace "$ip/24" dev "$interface"\nexit 0\n');
    await shell(`chmod +x /tmp/take
      systemctl mask -q --now systemd-machined.service
      # Where /sys can be written systemd-networkd waits for udev, which a container has not.
      mount -o remount,ro /sys
      ip netns add guest
      ip link add vm0 type veth peer name eth0 netns guest
      ip -n guest link set eth0 addrgenmode none up; ip link set vm0 up
      ${network('1h')}
      systemd-run -q -u guest sleep infinity
      systemd-run -q -u mymachines -E PATH ${mymachines} serve --runtime-dir /run/mymachines --bus system
      await busctl --quiet call org.freedesktop.machine1 /org/freedesktop/machine1 \\
        org.freedesktop.machine1.Manager ListMachines
      busctl call org.freedesktop.machine1 /org/freedesktop/machine1 org.freedesktop.machine1.Manager \\
        RegisterMachineWithNetwork sayssusai guest 0 test vm $(systemctl show -P MainPID guest) '' \\
        1 $(cat /sys/class/net/vm0/ifindex)`);
  }, 60_000);
  afterAll(() => lab?.down());

  it('has it at once, and no file says so', async () => {
    expect(await shell('systemctl --version')).toMatch(/^systemd 252 /);
    const address = await askForAddress();
    expect(address).toMatch(/^10\.78\.0\.\d+$/);
    await untilExplained(`${address} networkd chosen`);
    expect(
      await shell('ls -d {/run/systemd/netif,/var/lib/systemd/network}/dhcp-server-lease 2>/dev/null || true'),
    ).toBe('');
    const text = await shell(`${mymachines} explain guest --runtime-dir=/run/mymachines`);
    expect(text).toContain('systemd-networkd has given it to the machine');
  });

  it('has another one when it is given another', async () => {
    const before = await askForAddress();
    // Another client in the same place: what the one before was given is of no use, though its lease goes on.
    await shell('ip -n guest address flush dev eth0; ip -n guest link set eth0 address 52:54:00:12:34:57');
    const address = await askForAddress();
    expect(address).not.toBe(before);
    await shell(
      `ip netns exec guest bash -c 'echo >/dev/udp/10.78.0.1/9'; ip neighbour delete ${before} dev vm0 || true`,
    );
    await untilExplained(`${address} networkd chosen`, `${address} neighbour duplicate`);
  });

  it('has it no longer than systemd-networkd says, which forgets all when it starts', async () => {
    const address = await askForAddress();
    await shell('ip neighbour flush dev vm0');
    expect(await explained()).toContain(`${address} networkd chosen`);
    await shell(`ip -n guest address flush dev eth0; ${network('1h')}; ip neighbour flush dev vm0`);
    await untilExplained();
    // A client that stays, and lets go of its address when it is told to.
    await shell('systemd-run -q -u client ip netns exec guest busybox udhcpc -i eth0 -s /tmp/take -f');
    const again = await shell(
      `await sh -c "ip -n guest -4 -br address show eth0 | grep -o -m1 '10[.]78[.]0[.][0-9]*'"`,
    );
    await untilExplained(`${again.trim()} networkd chosen`);
    await shell('systemctl kill -s USR2 client');
    // What it said when it let go is no more than that, once it does not answer.
    await shell(`await sh -c 'journalctl -q -o cat -u client | grep -q released'
      systemctl stop client; ip -n guest address flush dev eth0; ip neighbour flush dev vm0`);
    await untilExplained();
  });

  it('has it as long as the lease lasts, and not for a moment only', async () => {
    await shell(`${network('4s')}; ip neighbour flush dev vm0`);
    const began = Date.now();
    const address = await askForAddress();
    await shell('ip -n guest address flush dev eth0; ip neighbour flush dev vm0');
    await untilExplained(`${address} networkd chosen`);
    await untilExplained();
    expect(Date.now() - began).toBeGreaterThan(3000);
  });

  it('has logged nothing but what it should', async () => {
    expect(await shell('journalctl -q -o cat -p warning -u mymachines')).toBe('');
    expect(await shell('journalctl -q -o cat -u mymachines | grep -c ready')).toBe('1\n');
  });
});
