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
  /** Who said that a VM has it. Absent: the kernel that the machine runs on. */
  readonly source?: GuestAddressSource;
}

/**
 * Who says that a VM has an address, the most trusted first: whoever registered it; the leases of systemd-networkd's
 * DHCP server; libvirt's; those in other lease files; the host's neighbour table, where the VM itself said so.
 */
export type GuestAddressSource = 'registration' | 'networkd' | 'libvirt' | 'lease-file' | 'neighbour';

/** An address of a VM, whose interfaces are not seen from outside. */
export function guestAddress(
  bytes: Uint8Array,
  source: GuestAddressSource,
  { prefixLength = bytes.length * 8, hostInterfaceIndex }: { prefixLength?: number; hostInterfaceIndex?: number } = {},
): Address {
  return {
    family: bytes.length === 4 ? 'ipv4' : 'ipv6',
    bytes,
    prefixLength,
    interfaceIndex: 0,
    ...(hostInterfaceIndex !== undefined && { hostInterfaceIndex }),
    scope: isLoopback(bytes) ? addressScopes.host : isLinkLocal(bytes) ? addressScopes.link : addressScopes.universe,
    tentative: false,
    deprecated: false,
    source,
  };
}

/**
 * Whether an address, 4 or 16 bytes, is one of these, on whatever interface. A list that is asked again is not gone over
 * again: it must not change.
 */
export function isAmong(bytes: Uint8Array, addresses: readonly Pick<Address, 'bytes'>[]): boolean {
  if (addresses.length < LONG) return addresses.some((address) => Buffer.compare(address.bytes, bytes) === 0);
  let texts = textsOf.get(addresses);
  if (texts === undefined) {
    texts = new Set(addresses.map((address) => latin1(address.bytes)));
    textsOf.set(addresses, texts);
  }
  return texts.has(latin1(bytes));
}

/** Of lists as long as that of a host with an interface for each machine. */
const textsOf = new WeakMap<object, ReadonlySet<string>>();
const LONG = 16;

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/**
 * Whether an address can be a host's at all: not unspecified, multicast or broadcast (RFC 1122 3.2.1.3, RFC 4291 2.7).
 */
export function isHostAddress(bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  if (bytes.length === 4) return first !== 0 && first < 224;
  return first !== 0xff && bytes.some((byte) => byte !== 0);
}

function isLoopback(bytes: Uint8Array): boolean {
  return bytes.length === 4 ? bytes[0] === 127 : bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
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
  /** Addresses of a VM, which can say on its link that it has any number of them. */
  guest: 256,
} as const;

/**
 * Whether an address is one of those that any host gives itself for one link: RFC 3927 (169.254.0.0/16), RFC 4291 2.5.6
 * (fe80::/10). The kernel's scope does not tell for IPv4: there it is what was asked for, `universe` by default.
 */
export function isLinkLocal(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  return bytes.length === 4 ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80;
}
