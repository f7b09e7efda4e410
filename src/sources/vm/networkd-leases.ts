import { isHostAddress } from '../../machine/address.ts';
import { jsonArray, jsonObject, type Lease, type Parsed, parseEntries, quoted } from './lease.ts';
import { linkAddressOf } from './link-address.ts';

/**
 * Where systemd-networkd keeps the leases that its DHCP servers gave out: a file for each interface, named as it
 * (PersistLeases= in systemd.network(5), yes or runtime). Older versions, 252 for one, have them in memory
 * only: those are asked (`DhcpServer`).
 */
export const networkdLeaseDirectories: readonly string[] = [
  '/var/lib/systemd/network/dhcp-server-lease',
  '/run/systemd/netif/dhcp-server-lease',
];

/**
 * The leases in such a file, as systemd 262 writes it: `Leases` with `Address` as bytes, `HardwareAddress` as bytes,
 * and `ExpirationRealtimeUSec`; beside it `PrefixLength`.
 * @throws SyntaxError when it is no such file at all
 */
export function parseNetworkdLeases(text: string): Parsed<Lease> {
  const { Leases, PrefixLength } = jsonObject(JSON.parse(text));
  const prefixLength =
    typeof PrefixLength === 'number' && PREFIX_LENGTHS.includes(PrefixLength) ? { prefixLength: PrefixLength } : {};
  const raw = Leases === undefined || Leases === null ? [] : jsonArray(Leases);
  return parseEntries(raw, (entry): Lease => {
    const { Address, HardwareAddress, HardwareAddressType, ExpirationRealtimeUSec } = jsonObject(entry);
    const bytes = byteArray(Address);
    if (bytes?.length !== 4 || !isHostAddress(bytes))
      throw new SyntaxError(`${quoted(Address)} is no address of a host`);
    const hardware = HardwareAddressType === ETHERNET ? byteArray(HardwareAddress) : undefined;
    const linkAddress = hardware && linkAddressOf(hardware);
    return { bytes, ...prefixLength, ...(linkAddress && { linkAddress }), ...expiry(ExpirationRealtimeUSec) };
  });
}

function expiry(microseconds: unknown): Pick<Lease, 'expiresAt'> {
  // UINT64_MAX is systemd's infinity.
  if (microseconds === undefined || microseconds === null) return {};
  if (typeof microseconds !== 'number' || !(microseconds >= 0))
    throw new SyntaxError(`${quoted(microseconds)} is no time`);
  return microseconds > Number.MAX_SAFE_INTEGER ? {} : { expiresAt: Math.floor(microseconds / 1000) };
}

function byteArray(value: unknown): Uint8Array | undefined {
  if (!Array.isArray(value) || value.length > 32) return undefined;
  return value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255) ? Uint8Array.from(value) : undefined;
}

// ARPHRD_ETHER
const ETHERNET = 1;
const PREFIX_LENGTHS = Array.from({ length: 33 }, (_, length) => length);
