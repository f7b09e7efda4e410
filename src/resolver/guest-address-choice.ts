import { type Address, addressScopes, type GuestAddressSource, isLinkLocal } from '../machine/address.ts';
import type { JudgedAddress } from './address-choice.ts';

/**
 * Judges the addresses of a VM; the chosen ones come first, the best at the front.
 *
 * Nobody but the VM knows its interfaces, so what counts is who says that it has an address: IPv4 before IPv6, then the
 * most trusted source first, then as they were found. An address counts once. One of the VM's own loopback interface
 * means nothing outside it; and a link-local one, which needs the link to be named beside it, is told only where there
 * is no other. What nobody says of the VM itself, as the network of the process that runs it, does not count.
 */
export function judgeGuestAddresses(addresses: readonly Address[]): readonly JudgedAddress[] {
  const sorted = addresses.filter(({ source }) => source !== undefined).sort(compare);
  const reachesFar = sorted.some((address) => !isUnfit(address) && !isLocal(address));
  const seen = new Set<string>();
  const judged = sorted.map((address): JudgedAddress => {
    const key = Buffer.from(address.bytes).toString('latin1');
    if (isUnfit(address)) return { address, verdict: 'host-scope' };
    if (isLocal(address) && reachesFar) return { address, verdict: 'link-local' };
    if (seen.has(key)) return { address, verdict: 'duplicate' };
    seen.add(key);
    return { address, verdict: 'chosen' };
  });
  const isChosen = ({ verdict }: JudgedAddress) => verdict === 'chosen';
  return [...judged.filter(isChosen), ...judged.filter((one) => !isChosen(one))];
}

function isUnfit({ scope }: Address): boolean {
  return scope >= addressScopes.host;
}

function isLocal({ bytes }: Address): boolean {
  return isLinkLocal(bytes);
}

function compare(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family === 'ipv4' ? -1 : 1;
  return trust(a) - trust(b);
}

function trust({ source }: Address): number {
  return source === undefined ? sources.length : sources.indexOf(source);
}

const sources: readonly GuestAddressSource[] = ['registration', 'networkd', 'libvirt', 'lease-file', 'neighbour'];
