import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { type Address, addressScopes, isLinkLocal } from '../../../machine/address.ts';
import { parseAddress } from '../../../machine/address-text.ts';

/** The addresses of the host's own interfaces that are up (getifaddrs(3)), in the kernel's order. */
export function hostAddresses(): readonly Address[] {
  return Object.entries(networkInterfaces()).flatMap(([interfaceName, addresses = []]) => {
    const interfaceIndex = indexOf(interfaceName);
    if (interfaceIndex === undefined) return [];
    return addresses.flatMap(({ address, cidr, family, internal }): Address[] => {
      const bytes = parseAddress(address);
      if (bytes === undefined) return [];
      const known: Address = {
        family: family === 'IPv4' ? 'ipv4' : 'ipv6',
        bytes,
        prefixLength: Number(cidr?.split('/')[1] ?? bytes.length * 8),
        interfaceIndex,
        interfaceName,
        // The kernel gives addresses of these kinds these scopes unless told otherwise.
        scope: internal ? addressScopes.host : isLinkLocal(bytes) ? addressScopes.link : addressScopes.universe,
        tentative: false,
        deprecated: false,
      };
      return [known];
    });
  });
}

function indexOf(interfaceName: string): number | undefined {
  try {
    return Number(readFileSync(`/sys/class/net/${interfaceName}/ifindex`, 'utf8'));
  } catch {
    return undefined;
  }
}
