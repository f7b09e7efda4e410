import type { EventLoop } from '../../linux/event-loop.ts';
import { SystemError } from '../../linux/libc.ts';
import type { DhcpServer } from '../../machine/dhcp-server.ts';
import type { Registry } from '../../machine/registry.ts';
import type { Leaders } from '../../sources/kernel/leaders.ts';
import { GuestAddresses } from '../../sources/vm/guest-addresses.ts';

/** What the addresses of VMs are known from. */
export interface GuestAddressesParts {
  readonly loop: EventLoop;
  readonly registry: Registry;
  readonly leaders: Leaders;
  readonly dhcpServer: DhcpServer;
  readonly leases: readonly string[] | undefined;
  readonly onProblem: (error: Error) => void;
}

/** Keeps the addresses of VMs current; undefined where the kernel has no netlink for us, which is told. */
export function guestAddresses({
  leases,
  leaders,
  onProblem,
  ...parts
}: GuestAddressesParts): GuestAddresses | undefined {
  try {
    return new GuestAddresses({
      ...parts,
      leader: (name) => leaders.get(name),
      ...(leases && { leases }),
      onProblem,
    });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    onProblem(new Error('addresses of VMs are not known', { cause: error }));
    return undefined;
  }
}
