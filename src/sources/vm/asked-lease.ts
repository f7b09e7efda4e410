import { isHostAddress } from '../../machine/address.ts';
import type { DhcpLease } from '../../machine/dhcp-server.ts';
import type { Lease } from './lease.ts';
import { linkAddressOf } from './link-address.ts';

/** A lease that a DHCP server told when it was asked; undefined for one of no host's address. */
export function askedLease({ address, hardwareAddress, expiresAt }: DhcpLease): Lease | undefined {
  if (!isHostAddress(address)) return undefined;
  const padded = hardwareAddress.subarray(ETHERNET_LENGTH).every((byte) => byte === 0);
  const linkAddress = padded ? linkAddressOf(hardwareAddress.subarray(0, ETHERNET_LENGTH)) : undefined;
  return { bytes: address, ...(linkAddress && { linkAddress }), ...(expiresAt !== undefined && { expiresAt }) };
}

const ETHERNET_LENGTH = 6;
