import {
  AF_INET,
  AF_INET6,
  dumpAddresses,
  IFA_F_DEPRECATED,
  IFA_F_TENTATIVE,
  type InterfaceAddress,
} from '../../../linux/netlink/address.ts';
import { getLink, type Link } from '../../../linux/netlink/link.ts';
import type { RouteSocket } from '../../../linux/netlink/route-socket.ts';
import type { Address } from '../../../machine/address.ts';
import { ADDRESS_LIMIT, type MachineNetwork, NO_NETWORK } from './machine-network.ts';

/** A network namespace that machines are in, as it was when it was last read. */
export class NetworkNamespace {
  /** Its id in ours. */
  readonly id: number;
  /** The keys of the machines in it. */
  readonly members: Set<string> = new Set();
  // Those that have addresses, by index.
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
    const families = [AF_INET, AF_INET6] as const;
    const addresses = families.flatMap((family) => dumpAddresses(socket, this.id, family, ADDRESS_LIMIT).items);
    this.#readLinks(socket, new Set(addresses.map(({ interfaceIndex }) => interfaceIndex)));
    this.#network = {
      sharesHostNetwork: false,
      addresses: addresses.map((address) => this.#address(address, ownId)),
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
      const inside = [...this.#links.values()].find((known) => known.peerIndex === link.index && leadsTo(known, ownId));
      return inside !== undefined && this.#links.delete(inside.index);
    }
    const inside = link.peerNamespace === this.id ? this.#links.get(link.peerIndex ?? 0) : undefined;
    if (inside === undefined || (inside.peerIndex === link.index && leadsTo(inside, ownId))) return false;
    return this.#links.delete(inside.index);
  }

  #readLinks(socket: RouteSocket, indices: ReadonlySet<number>): void {
    for (const index of this.#links.keys()) if (!indices.has(index)) this.#links.delete(index);
    for (const index of indices) {
      if (this.#links.size >= LINK_LIMIT) return;
      const link = this.#links.has(index) ? undefined : getLink(socket, this.id, index);
      if (link !== undefined) this.#links.set(index, link);
    }
  }

  #address(address: InterfaceAddress, ownId: number): Address {
    const link = this.#links.get(address.interfaceIndex);
    const hostInterfaceIndex = link !== undefined && leadsTo(link, ownId) ? link.peerIndex : undefined;
    return {
      family: address.family === AF_INET ? 'ipv4' : 'ipv6',
      bytes: address.bytes,
      prefixLength: address.prefixLength,
      interfaceIndex: address.interfaceIndex,
      ...(link === undefined ? {} : { interfaceName: link.name }),
      ...(hostInterfaceIndex === undefined ? {} : { hostInterfaceIndex }),
      scope: address.scope,
      tentative: (address.flags & IFA_F_TENTATIVE) !== 0,
      deprecated: (address.flags & IFA_F_DEPRECATED) !== 0,
    };
  }
}

function leadsTo(link: Link, namespace: number): boolean {
  return link.peerNamespace === namespace && link.peerIndex !== undefined && link.peerIndex !== 0;
}

// As many interfaces of one machine are asked about. On others addresses are known all the same.
const LINK_LIMIT = 256;
