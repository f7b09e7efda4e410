import { type Neighbour, NTF_PROXY, neighbourStates } from '../../linux/netlink/neighbour.ts';
import { isHostAddress } from '../../machine/address.ts';
import { type LinkAddress, linkAddressOf } from './link-address.ts';

/** A neighbour that answers, or did the last time. */
export interface KnownNeighbour {
  readonly bytes: Uint8Array;
  readonly linkAddress: LinkAddress;
}

/** The neighbours on one interface of the host that an address can be told of, by their link-layer addresses. */
export class NeighbourTable {
  readonly #entries = new Map<string, KnownNeighbour>();
  readonly #byLinkAddress = new Map<LinkAddress, Map<string, KnownNeighbour>>();

  /** Takes note of an entry as it is now. Gives the link-layer addresses that something changed for. */
  note(neighbour: Neighbour, removed: boolean): readonly LinkAddress[] {
    const key = Buffer.from(neighbour.bytes).toString('latin1');
    const before = this.#entries.get(key);
    const known = removed ? undefined : knownNeighbour(neighbour);
    if (before?.linkAddress === known?.linkAddress) return [];
    const changed: LinkAddress[] = [];
    if (before !== undefined) {
      this.#entries.delete(key);
      const others = this.#byLinkAddress.get(before.linkAddress);
      others?.delete(key);
      if (others?.size === 0) this.#byLinkAddress.delete(before.linkAddress);
      changed.push(before.linkAddress);
    }
    if (known !== undefined) {
      this.#entries.set(key, known);
      const same = this.#byLinkAddress.get(known.linkAddress) ?? new Map<string, KnownNeighbour>();
      this.#byLinkAddress.set(known.linkAddress, same.set(key, known));
      changed.push(known.linkAddress);
    }
    return changed;
  }

  /** All of them. */
  all(): Iterable<KnownNeighbour> {
    return this.#entries.values();
  }

  of(linkAddress: LinkAddress): Iterable<KnownNeighbour> {
    return this.#byLinkAddress.get(linkAddress)?.values() ?? [];
  }

  linkAddresses(): Iterable<LinkAddress> {
    return this.#byLinkAddress.keys();
  }
}

function knownNeighbour({ bytes, state, flags, linkAddress }: Neighbour): KnownNeighbour | undefined {
  if ((state & USABLE) === 0 || (flags & NTF_PROXY) !== 0 || linkAddress === undefined) return undefined;
  const text = linkAddressOf(linkAddress);
  return text !== undefined && isHostAddress(bytes) ? { bytes, linkAddress: text } : undefined;
}

// Not those that never answered, or do not any more; nor those that nobody asks (NOARP: multicast, broadcast).
const { reachable, stale, delay, probe, permanent } = neighbourStates;
const USABLE = reachable | stale | delay | probe | permanent;
