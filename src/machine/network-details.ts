import type { GuestAddressSource } from './address.ts';
import type { Machine } from './machine.ts';

/**
 * How addresses are known: `netlink`, told by the kernel as they change; `proc`, read from /proc when asked for, which
 * does not tell where an interface leads; `getifaddrs`, the host's own, read when asked for. Of a VM each address says
 * for itself who told it.
 */
export type AddressSource = 'netlink' | 'proc' | 'getifaddrs' | GuestAddressSource;

/** What nobody but a person looking for a fault wants to know of a machine's network. */
export interface NetworkDetails {
  addressSource(machine: Machine): AddressSource;
  /** The name that an interface of the host has now, if there is one of that index. */
  hostInterfaceName(index: number): string | undefined;
}
