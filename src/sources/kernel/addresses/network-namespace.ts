import { dumpAllAddresses } from '../../../linux/netlink/address.ts';
import { getLinks, type Link } from '../../../linux/netlink/link.ts';
import type { RouteSocket } from '../../../linux/netlink/route-socket.ts';
import { addressLimits } from '../../../machine/address.ts';
import { type MachineNetwork, NO_NETWORK } from './machine-network.ts';
import { toldAddress } from './told-address.ts';

/** A network namespace that machines are in, as it was when it was last read. */
export class NetworkNamespace {
  /** Its id in ours. */
  readonly id: number;
  /** The keys of the machines in it. */
  readonly members: Set<string> = new Set();
  // Those that have addresses, and those that these are on top of, by index.
  readonly #links = new Map<number, Link>();
  #network = NO_NETWORK;

  constructor(id: number) {
    this.id = id;
  }

  get network(): MachineNetwork {
    return this.#network;
  }

  /**
   * Reads all addresses, and the interfaces that are not known. All at once, never one by one from events: where a new
   * address stands in the kernel's order is the kernel's affair (scope, primary and secondary, promotion), two dumps
   * take some 20 us, and events that are older than they can do no harm.
   * Throws a NetlinkError when no namespace has the id any more.
   * @param ownId the id that our own namespace has in itself.
   */
  read(socket: RouteSocket, ownId: number): void {
    const addresses = dumpAllAddresses(socket, this.id, addressLimits.addresses);
    this.#readLinks(socket, new Set(addresses.map(({ interfaceIndex }) => interfaceIndex)));
    this.#network = {
      sharesHostNetwork: false,
      addresses: addresses.map((address) => {
        const link = this.#links.get(address.interfaceIndex);
        return toldAddress(address, link?.name, this.#hostIndex(link, ownId));
      }),
    };
  }

  /** There is nothing in it any more. */
  clear(): void {
    this.#network = NO_NETWORK;
    this.forgetLinks();
  }

  /** The interfaces are to be read again. */
  forgetLinks(): void {
    this.#links.clear();
  }

  /** The host's interfaces that are the other ends of those in here. */
  *hostEnds(ownId: number): Generator<number> {
    for (const link of this.#links.values()) if (isOf(link, ownId) && link.peerIndex) yield link.peerIndex;
  }

  /** Takes note of a change of an interface in this namespace; true when something that matters may be different. */
  noteLink(link: Link, removed: boolean): boolean {
    const known = this.#links.get(link.index);
    // The namespace of the peer is told in this namespace's own ids, which mean nothing to us.
    if (known === undefined || (!removed && known.name === link.name && known.peerIndex === link.peerIndex))
      return false;
    return this.#links.delete(link.index);
  }

  /** Takes note of a change of an interface of the host; true when it became, or was, the other end of one in here. */
  noteHostLink(link: Link, removed: boolean, ownId: number): boolean {
    if (removed) {
      const above = [...this.#links.values()].filter((known) => known.peerIndex === link.index && isOf(known, ownId));
      for (const { index } of above) this.#links.delete(index);
      return above.length > 0;
    }
    const inside = link.peerNamespace === this.id ? this.#links.get(link.peerIndex ?? 0) : undefined;
    if (inside === undefined || (inside.peerIndex === link.index && isOf(inside, ownId))) return false;
    return this.#links.delete(inside.index);
  }

  #readLinks(socket: RouteSocket, wanted: Set<number>): void {
    const seen = new Set<number>();
    while (wanted.size > 0 && seen.size < addressLimits.interfaces) {
      // Most machines have two: lo and one more.
      const next = [...wanted].slice(0, Math.min(2, addressLimits.interfaces - seen.size));
      for (const index of next) {
        wanted.delete(index);
        seen.add(index);
      }
      for (const link of this.#linksOf(socket, next)) {
        this.#links.set(link.index, link);
        const { peerIndex, peerNamespace } = link;
        if (peerNamespace === undefined && peerIndex && reaches(link) && !seen.has(peerIndex)) wanted.add(peerIndex);
      }
    }
    for (const index of this.#links.keys()) if (!seen.has(index)) this.#links.delete(index);
  }

  /** Those that are there; what is known is not asked for again. */
  #linksOf(socket: RouteSocket, indices: readonly number[]): Link[] {
    const known = indices.map((index) => this.#links.get(index));
    const unknown = indices.filter((_index, at) => known[at] === undefined);
    const read = unknown.length === 0 ? [] : getLinks(socket, this.id, unknown);
    return [...known, ...read].filter((link) => link !== undefined);
  }

  /** The host's interface that is the other end of one, or of the one that it is on top of. */
  #hostIndex(link: Link | undefined, ownId: number): number | undefined {
    let current = link;
    // The two ends of a veth pair in one namespace are each other's peers: no way out of it.
    for (let step = 0; current?.peerIndex && step < LAYERS; step++) {
      if (isOf(current, ownId)) return current.peerIndex;
      const within = current.peerNamespace === undefined && reaches(current);
      current = within ? this.#links.get(current.peerIndex) : undefined;
    }
    return undefined;
  }
}

/** Whether an interface's other end is in the namespace with this id. */
function isOf(link: Link, namespace: number): boolean {
  return link.peerNamespace === namespace && link.peerIndex !== undefined && link.peerIndex !== 0 && reaches(link);
}

/** Whether who is on the other side of an interface reaches what is on this one. Not through the device of a tunnel. */
function reaches({ kind = '' }: Link): boolean {
  return REACHING.has(kind);
}

// ip-link(8)
const REACHING = new Set(['veth', 'netkit', 'vlan', 'macvlan', 'macvtap', 'ipvlan', 'ipvtap', 'macsec']);

// Interfaces on top of one another, as in a VLAN on a macvlan on a veth. The kernel allows eight (MAX_NEST_DEV).
const LAYERS = 8;
