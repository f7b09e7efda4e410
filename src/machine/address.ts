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
   * whose other end is in the host's namespace.
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
