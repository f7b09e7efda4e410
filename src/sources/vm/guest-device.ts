import { AF_INET, AF_INET6 } from '../../linux/netlink/address.ts';
import {
  dumpForwarding,
  dumpNeighbours,
  type ForwardingEntry,
  type Neighbour,
  neighbourStates,
} from '../../linux/netlink/neighbour.ts';
import type { RouteSocket } from '../../linux/netlink/route-socket.ts';
import { ForwardingTable } from './forwarding-table.ts';
import { type LinkAddress, linkAddressOf } from './link-address.ts';
import { type KnownNeighbour, NeighbourTable } from './neighbour-table.ts';

/**
 * An interface of the host that guests are neighbours on, and those registered interfaces that lead to it: itself, or
 * ports of it where it is a bridge.
 */
export class GuestDevice {
  readonly index: number;
  /** Whether notifications were lost since it was read. */
  stale = true;
  #neighbours = new NeighbourTable();
  readonly #forwarding = new ForwardingTable();
  /** Registered interfaces by port; by undefined those that all neighbours are behind. */
  readonly #members = new Map<number | undefined, Set<number>>();

  constructor(index: number) {
    this.index = index;
  }

  get empty(): boolean {
    return this.#members.size === 0;
  }

  /** All registered interfaces that lead here. */
  *members(): Iterable<number> {
    for (const members of this.#members.values()) yield* members;
  }

  /** @throws NetlinkError; it is stale still then */
  read(socket: RouteSocket): void {
    const neighbours = new NeighbourTable();
    for (const family of [AF_INET, AF_INET6] as const) {
      for (const neighbour of dumpNeighbours(socket, family, this.index, NEIGHBOURS).items) {
        neighbours.note(neighbour, false);
      }
    }
    for (const port of this.#members.keys()) if (port !== undefined) this.#readPort(socket, port);
    this.#neighbours = neighbours;
    this.stale = false;
  }

  /** @throws NetlinkError; the registered interface belongs here all the same */
  join(socket: RouteSocket, member: number, port: number | undefined): void {
    const members = this.#members.get(port);
    if (members !== undefined) {
      members.add(member);
      return;
    }
    this.#members.set(port, new Set([member]));
    if (port === undefined) return;
    this.#forwarding.addPort(port);
    this.#readPort(socket, port);
  }

  leave(member: number, port: number | undefined): void {
    const members = this.#members.get(port);
    members?.delete(member);
    if (members?.size !== 0) return;
    this.#members.delete(port);
    if (port !== undefined) this.#forwarding.removePort(port);
  }

  /** Gives the registered interfaces that something changed for. */
  note(neighbour: Neighbour, removed: boolean): readonly number[] {
    const changed = this.#neighbours.note(neighbour, removed);
    return changed.flatMap((linkAddress) => this.#at(this.#forwarding.portOf(linkAddress)));
  }

  /** Gives the registered interfaces that something changed for. */
  learn({ portIndex, state, linkAddress }: ForwardingEntry): readonly number[] {
    // PERMANENT are the bridge's own addresses.
    const text = (state & neighbourStates.permanent) === 0 ? linkAddressOf(linkAddress) : undefined;
    if (text === undefined) return [];
    return this.#forwarding.learn(text, portIndex).flatMap((port) => this.#at(port));
  }

  *neighbours(port: number | undefined): Iterable<KnownNeighbour> {
    if (port === undefined) yield* this.#neighbours.all();
    else for (const linkAddress of this.#forwarding.at(port)) yield* this.#neighbours.of(linkAddress);
  }

  linkAddresses(port: number | undefined): Iterable<LinkAddress> {
    return port === undefined ? this.#neighbours.linkAddresses() : this.#forwarding.at(port);
  }

  #readPort(socket: RouteSocket, port: number): void {
    for (const entry of dumpForwarding(socket, port, FORWARDED).items) this.learn(entry);
  }

  #at(port: number | undefined): number[] {
    const whole = this.#members.get(undefined) ?? [];
    return [...whole, ...((port !== undefined && this.#members.get(port)) || [])];
  }
}

// As many entries are read. The kernel keeps 1024 neighbours in all unless told otherwise (gc_thresh3); a bridge keeps
// any number, which a guest can make at will.
const NEIGHBOURS = 65_536;
const FORWARDED = 1024;
