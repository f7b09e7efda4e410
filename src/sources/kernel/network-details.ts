import { interfaceName } from '../../linux/interface-name.ts';
import type { NetworkDetails } from '../../machine/network-details.ts';
import type { Leaders } from './leaders.ts';

/** How the kernel was asked of machines' networks. */
export function networkDetails(leaders: Leaders): NetworkDetails {
  return {
    addressSource: (machine) => (machine.class === 'host' ? 'getifaddrs' : leaders.addressSource(machine.name)),
    hostInterfaceName: interfaceName,
  };
}
