import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { Address4, Address6 } from 'ip-address';
import { type Address, addressScopes } from '../../../machine/address.ts';

/** The addresses of the host's own interfaces that are up (getifaddrs(3)), in the kernel's order. */
export function hostAddresses(): readonly Address[] {
  return Object.entries(networkInterfaces()).flatMap(([interfaceName, addresses = []]) => {
    const interfaceIndex = indexOf(interfaceName);
    if (interfaceIndex === undefined) return [];
    return addresses.map(({ address, cidr, family, internal }): Address => {
      const bytes = family === 'IPv4' ? new Address4(address).toArray() : new Address6(address).toByteArray();
      return {
        family: family === 'IPv4' ? 'ipv4' : 'ipv6',
        bytes: Uint8Array.from(bytes),
        prefixLength: Number(cidr?.split('/')[1] ?? bytes.length * 8),
        interfaceIndex,
        interfaceName,
        // The kernel gives addresses of these kinds these scopes unless told otherwise.
        scope: internal ? addressScopes.host : isLinkLocal(bytes) ? addressScopes.link : addressScopes.universe,
        tentative: false,
        deprecated: false,
      };
    });
  });
}

/** RFC 3927 (169.254.0.0/16), RFC 4291 2.5.6 (fe80::/10) */
function isLinkLocal(bytes: readonly number[]): boolean {
  const [first = 0, second = 0] = bytes;
  return bytes.length === 4 ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80;
}

function indexOf(interfaceName: string): number | undefined {
  try {
    return Number(readFileSync(`/sys/class/net/${interfaceName}/ifindex`, 'utf8'));
  } catch {
    return undefined;
  }
}
