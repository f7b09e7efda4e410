/** An address inside a machine's network namespace. */
export interface Address {
  readonly family: 'ipv4' | 'ipv6';
  /** 4 or 16 bytes in network order. */
  readonly bytes: Uint8Array;
  readonly prefixLength: number;
  /** Interface index inside the machine's network namespace. */
  readonly interfaceIndex: number;
  /** Interface name inside the machine's network namespace, where known. */
  readonly interfaceName?: string;
  /**
   * Index, on the host, of the interface's other end, when the interface is one of a veth pair (or a macvlan, ipvlan …)
   * whose other end is in the host's namespace, or a VLAN or the like on top of such a one. Not of a tunnel.
   */
  readonly hostInterfaceIndex?: number;
  /** One of {@link addressScopes}, or a number that an administrator chose (rtnetlink(7), ifa_scope). */
  readonly scope: number;
  /** IFA_F_TENTATIVE: duplicate address detection has not ended. */
  readonly tentative: boolean;
  /** IFA_F_DEPRECATED: preferred lifetime is over (RFC 4862 5.5.4). */
  readonly deprecated: boolean;
}

/** How far an address means something: RT_SCOPE_* of rtnetlink(7). The greater, the less far. */
export const addressScopes = { universe: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;

/**
 * As much is looked at of one machine, the first ones in the kernel's order. A machine's root can add any number, and
 * each costs all others a moment at every change; thousands are seen only where a load balancer lists its services.
 */
export const addressLimits = {
  /** Addresses of one family. */
  addresses: 4096,
  /** Interfaces with addresses. On others addresses are known, but not where they lead. */
  interfaces: 256,
} as const;

/**
 * Whether an address is one of those that any host gives itself for one link: RFC 3927 (169.254.0.0/16), RFC 4291 2.5.6
 * (fe80::/10). The kernel's scope does not tell for IPv4: there it is what was asked for, `universe` by default.
 */
export function isLinkLocal(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  return bytes.length === 4 ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80;
}
