import { interfaceName } from '../../linux/interface-name.ts';
import type { MachineLeaders } from '../../machine/machine-source.ts';
import type { NetworkDetails } from '../../machine/network-details.ts';

/** How the kernel was asked of machines' networks. */
export function networkDetails(leaders: MachineLeaders): NetworkDetails {
  return {
    addressSource: ({ name, class: machineClass }) => {
      if (machineClass !== 'host') return leaders.addressSource(name);
      return leaders.limitation === undefined ? 'netlink' : 'getifaddrs';
    },
    hostInterfaceName: interfaceName,
  };
}
