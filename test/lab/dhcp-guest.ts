import { expect } from 'vitest';
import { Lab, type Suite } from '../support/lab.ts';
import { projectRoot } from '../support/project-root.ts';

export const mymachines = 'node /project/dist/cli/main.js';

/** Runs a command again and again until it succeeds, and gives what it prints. For bash. */
const await_ =
  'await() { local n; for n in $(seq 250); do if "$@" 2>/dev/null; then return; fi; sleep .02; done; "$@"; }';

/**
 * A lab with a VM's guest, which is the network namespace `guest` behind the host's interface `vm0`, and with the
 * service `guest`, whose process leads it. systemd-networkd's DHCP server is on `vm0`.
 */
export class DhcpGuest {
  readonly lab: Lab;

  /** @param settings lines of the section [DHCPServer] */
  static async up(suite: Suite, settings: string): Promise<DhcpGuest> {
    const guest = new DhcpGuest(await Lab.up([{ directory: projectRoot, name: 'project' }], suite));
    guest.lab.copyIn('/usr/bin/busybox', '/usr/local/bin/busybox');
    guest.lab.write(
      '/tmp/take',
      '#!/bin/sh\n[ "$1" = bound ] && ip address replace "$ip/24" dev "$interface"\nexit 0\n',
    );
    await guest.shell(`chmod +x /tmp/take
      # Where /sys can be written systemd-networkd waits for udev, which a container has not.
      mount -o remount,ro /sys
      ip netns add guest
      ip link add vm0 type veth peer name eth0 netns guest
      ip -n guest link set eth0 addrgenmode none up; ip link set vm0 up
      ${network(settings)}
      systemd-run -q -u guest sleep infinity`);
    return guest;
  }

  private constructor(lab: Lab) {
    this.lab = lab;
  }

  /** Runs a script, which has `await COMMAND…`; throws when its status is not 0. */
  shell(text: string): Promise<string> {
    return this.lab.shell(`${await_}\n${text}`);
  }

  /** Has the client ask, and gives the address that it got. */
  async askForAddress(): Promise<string> {
    const text = await this.shell(`
      ip netns exec guest busybox udhcpc -i eth0 -s /tmp/take -f -q -n -t 20 -T 1 -x hostname:whatever >&2
      ip -n guest -4 -br address show eth0 | awk '{ print $3 }' | cut -d / -f 1`);
    return text.trim();
  }

  /** What `explain` says of the machine `guest`: `ADDRESS SOURCE VERDICT`. */
  async explained(): Promise<readonly string[]> {
    const text = await this.shell(`${mymachines} explain guest -j --runtime-dir=/run/mymachines`);
    const { addresses } = JSON.parse(text) as { addresses: { address: string; source: string; verdict: string }[] };
    return addresses.map(({ address, source, verdict }) => `${address} ${source} ${verdict}`);
  }

  /** Waits until it says that, ten seconds at most. */
  async untilExplained(...expected: readonly string[]): Promise<void> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const now = await this.explained();
      if (now.join() === expected.join() || Date.now() > deadline) return expect(now).toEqual(expected);
    }
  }
}

/** Has systemd-networkd's DHCP server started again on `vm0`, as systemd-vmspawn's network file has it. For bash. */
export function network(settings: string): string {
  return `
  cat >/etc/systemd/network/10-vm0.network <<END
[Match]
Name=vm0
[Network]
Address=10.77.0.1/24
DHCPServer=yes
[DHCPServer]
${settings}
END
  systemctl restart systemd-networkd
  await sh -c 'networkctl status vm0 | grep -q routable'`;
}
