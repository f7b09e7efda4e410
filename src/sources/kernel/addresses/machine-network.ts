import type { Address } from '../../../machine/address.ts';

/** What the kernel says of a machine's network. */
export interface MachineNetwork {
  /** True when its leader is in the host's network namespace: it has no addresses of its own, and none are listed. */
  readonly sharesHostNetwork: boolean;
  /** Unfiltered, in the kernel's order. */
  readonly addresses: readonly Address[];
}

/** A process whose network namespace is a machine's. */
export interface TrackedProcess {
  readonly pid: number;
  /**
   * Whether the PID is still that process's; the caller holds its pidfd. Asked before and after each use of the PID.
   */
  alive(): boolean;
}

export const NO_NETWORK: MachineNetwork = { sharesHostNetwork: false, addresses: [] };
export const HOST_NETWORK: MachineNetwork = { sharesHostNetwork: true, addresses: [] };

/** True when nothing that is told of a machine's network differs. */
export function sameNetwork(a: MachineNetwork, b: MachineNetwork): boolean {
  return (
    a === b ||
    (a.sharesHostNetwork === b.sharesHostNetwork &&
      a.addresses.length === b.addresses.length &&
      a.addresses.every((address, index) => sameAddress(address, b.addresses[index] as Address)))
  );
}

function sameAddress(a: Address, b: Address): boolean {
  return (
    a.interfaceIndex === b.interfaceIndex &&
    a.family === b.family &&
    a.prefixLength === b.prefixLength &&
    a.scope === b.scope &&
    a.tentative === b.tentative &&
    a.deprecated === b.deprecated &&
    a.interfaceName === b.interfaceName &&
    a.hostInterfaceIndex === b.hostInterfaceIndex &&
    Buffer.compare(a.bytes, b.bytes) === 0
  );
}
