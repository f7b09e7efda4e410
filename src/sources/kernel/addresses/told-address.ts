import { AF_INET, IFA_F_DEPRECATED, IFA_F_TENTATIVE, type InterfaceAddress } from '../../../linux/netlink/address.ts';
import type { Address } from '../../../machine/address.ts';

/** An address in the words of the domain, with what is known of its interface. */
export function toldAddress(
  { family, bytes, prefixLength, interfaceIndex, scope, flags }: InterfaceAddress,
  interfaceName?: string,
  hostInterfaceIndex?: number,
): Address {
  return {
    family: family === AF_INET ? 'ipv4' : 'ipv6',
    bytes,
    prefixLength,
    interfaceIndex,
    ...(interfaceName === undefined ? {} : { interfaceName }),
    ...(hostInterfaceIndex === undefined ? {} : { hostInterfaceIndex }),
    scope,
    tentative: (flags & IFA_F_TENTATIVE) !== 0,
    deprecated: (flags & IFA_F_DEPRECATED) !== 0,
  };
}
