import type { AnyVariant } from '../../dbus/values.ts';
import type { DhcpLease } from '../../machine/dhcp-server.ts';

/** The moment on two clocks: microseconds since boot with those of suspend, milliseconds since 1970. */
export interface Moment {
  readonly sinceBoot: number;
  readonly realtime: number;
}

/**
 * Reads the property Leases of org.freedesktop.network1.DHCPServer (systemd 252): of each lease the address family, the
 * client id, the address, the gateway, the link-layer address, and when it ends, in microseconds since boot. What is no
 * lease of an IPv4 address is left out.
 * @throws TypeError for a value of another type
 */
export function readLeases({ signature, value }: AnyVariant, now: Moment): readonly DhcpLease[] {
  if (signature !== LEASES) throw new TypeError(`Leases is of type ${signature}, not ${LEASES}`);
  const leases: DhcpLease[] = [];
  for (const [family, , address, , hardwareAddress, end] of (value as readonly Entry[]).slice(0, MAXIMUM_LEASES)) {
    if (family !== AF_INET || address.length !== 4 || hardwareAddress.length > MAXIMUM_HARDWARE_ADDRESS) continue;
    leases.push({ address, hardwareAddress, ...expiry(end, now) });
  }
  return leases;
}

type Entry = readonly [
  family: number,
  clientId: Uint8Array,
  address: Uint8Array,
  gateway: Uint8Array,
  hardwareAddress: Uint8Array,
  end: bigint,
];

function expiry(end: bigint, { sinceBoot, realtime }: Moment): Pick<DhcpLease, 'expiresAt'> {
  // UINT64_MAX is systemd's infinity.
  if (end > BigInt(Number.MAX_SAFE_INTEGER)) return {};
  return { expiresAt: Math.floor(realtime + (Number(end) - sinceBoot) / 1000) };
}

const LEASES = 'a(uayayayayt)';
const AF_INET = 2;
/** Of one interface; a DHCP server's network is a /16 at most in practice. */
const MAXIMUM_LEASES = 65_536;
const MAXIMUM_HARDWARE_ADDRESS = 16;
