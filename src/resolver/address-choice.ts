import { type Address, addressScopes, isLinkLocal } from '../machine/address.ts';

/**
 * Why an address is given out, or is not:
 *
 * - `chosen`: it is.
 * - `tentative`: nobody knows yet whether another host has it too (duplicate address detection).
 * - `deprecated`: its preferred lifetime is over.
 * - `host-scope`: it means nothing outside the machine.
 * - `duplicate`: the same address on the same interface is given out already.
 * - `inner-link`: its interface does not lead to the host, and that of another of its family does, as far-reaching.
 * - `link-local`: it means something on one link only, and another of its family, as near, reaches further.
 */
export type AddressVerdict =
  | 'chosen'
  | 'tentative'
  | 'deprecated'
  | 'host-scope'
  | 'duplicate'
  | 'inner-link'
  | 'link-local';

/** An address that was seen, and what came of it. */
export interface JudgedAddress {
  readonly address: Address;
  readonly verdict: AddressVerdict;
}

/**
 * Judges addresses; the chosen ones come first, the best at the front.
 *
 * The ground is the rule of systemd-machined 262 (which lists them by the machine's own kernel): neither deprecated nor
 * tentative nor of scope host or nowhere; IPv4 before IPv6, then wider scope first, then the lower interface index,
 * then the lower bytes. The same address on the same interface counts once; on two interfaces it is two addresses,
 * because a link-local one means different hosts there.
 *
 * On top of it, where it is known which interfaces lead to the host: within a family those on registered interfaces
 * come first, then those on others of the host's, then those on links inside the machine, as a bridge for containers of
 * its own. And one is left out when another of its family is as near (leads to the host, or not) and as far-reaching
 * (link-local, or not), and better in one of the two. A client that takes any of the answer then takes one that works
 * (systemd#19253, systemd#20724: the C library sorts them again).
 *
 * @param registered the host's interfaces that the machine was registered with
 */
export function judgeAddresses(addresses: readonly Address[], registered: readonly number[]): readonly JudgedAddress[] {
  const sorted = addresses.map((address) => candidate(address, registered)).sort(compare);
  const families = { ipv4: new Best(), ipv6: new Best() };
  for (const one of sorted) if (one.unfit === undefined) families[one.address.family].note(one);
  const chosen: JudgedAddress[] = [];
  const others: JudgedAddress[] = [];
  let last: Candidate | undefined;
  for (const one of sorted) {
    const verdict = one.unfit ?? families[one.address.family].verdict(one);
    const twice = verdict === 'chosen' && last !== undefined && compare(one, last) === 0;
    if (twice) others.push({ address: one.address, verdict: 'duplicate' });
    else if (verdict === 'chosen') chosen.push({ address: one.address, verdict });
    else others.push({ address: one.address, verdict });
    if (verdict === 'chosen') last = one;
  }
  return [...chosen, ...others];
}

interface Candidate {
  readonly address: Address;
  readonly unfit: AddressVerdict | undefined;
  /** 0 on a registered interface, 1 on another of the host's, 2 on one that is not known to lead to the host. */
  readonly distance: 0 | 1 | 2;
  readonly local: boolean;
}

function candidate(address: Address, registered: readonly number[]): Candidate {
  const { bytes, scope, hostInterfaceIndex } = address;
  const unfit = address.deprecated
    ? 'deprecated'
    : address.tentative
      ? 'tentative'
      : scope >= addressScopes.host
        ? 'host-scope'
        : undefined;
  const distance = hostInterfaceIndex === undefined ? 2 : registered.includes(hostInterfaceIndex) ? 0 : 1;
  return { address, unfit, distance, local: scope >= addressScopes.link || isLinkLocal(bytes) };
}

/** What there is of one family, and so what is better than another. */
class Best {
  #nearAndFar = false;
  #near = false;
  #far = false;

  note({ distance, local }: Candidate): void {
    const near = distance < 2;
    if (near) this.#near = true;
    if (!local) this.#far = true;
    if (near && !local) this.#nearAndFar = true;
  }

  verdict({ distance, local }: Candidate): 'chosen' | 'inner-link' | 'link-local' {
    if (distance === 2 && (local ? this.#near : this.#nearAndFar)) return 'inner-link';
    if (local && (distance === 2 ? this.#far : this.#nearAndFar)) return 'link-local';
    return 'chosen';
  }
}

function compare(a: Candidate, b: Candidate): number {
  const [one, other] = [a.address, b.address];
  if (one.family !== other.family) return one.family === 'ipv4' ? -1 : 1;
  return (
    a.distance - b.distance ||
    one.scope - other.scope ||
    one.interfaceIndex - other.interfaceIndex ||
    Buffer.compare(one.bytes, other.bytes)
  );
}
