import type { EventLoop } from '../../linux/event-loop.ts';
import { SystemError } from '../../linux/libc.ts';
import { type NeighbourEvent, NeighbourMonitor } from '../../linux/netlink/neighbour-monitor.ts';
import { NetlinkFormatError } from '../../linux/netlink/netlink-error.ts';
import { RouteSocket } from '../../linux/netlink/route-socket.ts';
import { PacedQueue } from '../kernel/paced-queue.ts';
import { GuestDevice } from './guest-device.ts';
import { type GuestPlace, guestPlace } from './guest-place.ts';
import type { LinkAddress } from './link-address.ts';
import type { KnownNeighbour } from './neighbour-table.ts';

/** What {@link GuestNeighbours} tells. */
export interface GuestNeighboursEvents {
  /** What is known behind a registered interface may be different. */
  changed(interfaceIndex: number): void;
  /** Something could not be read, and will be when something changes there. */
  problem(error: Error): void;
}

/**
 * Who is behind the interfaces that VMs were registered with: link-layer addresses, and the addresses that the host
 * knows of them as its neighbours. Kept current by the kernel's notifications, in the host's own network namespace
 * only.
 */
export class GuestNeighbours {
  readonly #socket = new RouteSocket();
  readonly #monitor: NeighbourMonitor;
  readonly #events: GuestNeighboursEvents;
  /** By registered interface. */
  readonly #watched = new Map<number, Watched>();
  readonly #devices = new Map<number, GuestDevice>();
  readonly #queue = new PacedQueue<number>((index) => this.#look(index));

  /** @throws SystemError where there is no netlink at all */
  constructor(loop: EventLoop, events: GuestNeighboursEvents, receiveBuffer?: number) {
    this.#events = events;
    this.#monitor = new NeighbourMonitor(loop, (event) => this.#note(event), receiveBuffer);
  }

  /** Begins with a registered interface. Several machines may be registered with the same one. */
  watch(index: number): void {
    const watched = this.#watched.get(index);
    if (watched !== undefined) {
      watched.users++;
      return;
    }
    this.#watched.set(index, { users: 1, found: undefined });
    this.#queue.add(index);
  }

  unwatch(index: number): void {
    const watched = this.#watched.get(index);
    if (watched === undefined || --watched.users > 0) return;
    this.#leave(index, watched);
    this.#watched.delete(index);
    this.#queue.delete(index);
  }

  /** Where a registered interface leads, as far as that is known. */
  place(index: number): GuestPlace | undefined {
    return this.#watched.get(index)?.found?.place;
  }

  /** The neighbours behind a registered interface. */
  neighbours(index: number): Iterable<KnownNeighbour> {
    const found = this.#watched.get(index)?.found;
    return found?.device.neighbours(found.place.portIndex) ?? [];
  }

  /** The link-layer addresses behind a registered interface. */
  linkAddresses(index: number): Iterable<LinkAddress> {
    const found = this.#watched.get(index)?.found;
    return found?.device.linkAddresses(found.place.portIndex) ?? [];
  }

  close(): void {
    this.#queue.clear();
    this.#monitor.close();
    this.#socket.close();
  }

  #note(event: NeighbourEvent): void {
    switch (event.kind) {
      case 'overrun':
        for (const device of this.#devices.values()) device.stale = true;
        for (const index of this.#watched.keys()) this.#queue.add(index);
        break;
      case 'link':
        this.#noteLink(event.interfaceIndex);
        break;
      case 'forwarding':
        // A bridge forgets long before the host forgets a neighbour (ForwardingTable).
        if (!event.removed) this.#tell(this.#devices.get(event.entry.bridgeIndex)?.learn(event.entry));
        break;
      case 'neighbour': {
        const { neighbour, removed } = event;
        this.#tell(this.#devices.get(neighbour.interfaceIndex)?.note(neighbour, removed));
      }
    }
  }

  /** A bridge's only port may be another, or not the only one any more, which is told of the port alone. */
  #noteLink(changed: number): void {
    for (const [index, { found }] of this.#watched) {
      const bridge = found === undefined || (found.place.portIndex ?? index) !== index;
      if (bridge || index === changed || found.place.deviceIndex === changed) this.#queue.add(index);
    }
  }

  #tell(indices: Iterable<number> = []): void {
    for (const index of indices) this.#events.changed(index);
  }

  /** Looks where a registered interface leads, and reads what is there unless that is known. */
  #look(index: number): void {
    const watched = this.#watched.get(index);
    if (watched === undefined) return;
    try {
      const place = guestPlace(this.#socket, index);
      if (!isSamePlace(place, watched.found?.place)) {
        this.#leave(index, watched);
        if (place !== undefined) this.#enter(index, watched, place);
        this.#events.changed(index);
      }
      const device = watched.found?.device;
      if (device?.stale !== true) return;
      device.read(this.#socket);
      this.#tell(device.members());
    } catch (error) {
      if (!(error instanceof SystemError || error instanceof NetlinkFormatError)) throw error;
      // An interface that goes while it is looked at is told of soon.
      if (!(error instanceof SystemError && error.code === 'ENODEV')) this.#events.problem(error);
    }
  }

  #enter(index: number, watched: Watched, place: GuestPlace): void {
    const device = this.#devices.get(place.deviceIndex) ?? new GuestDevice(place.deviceIndex);
    this.#devices.set(device.index, device);
    watched.found = { place, device };
    device.join(this.#socket, index, place.portIndex);
  }

  #leave(index: number, watched: Watched): void {
    if (watched.found === undefined) return;
    const { place, device } = watched.found;
    watched.found = undefined;
    device.leave(index, place.portIndex);
    if (device.empty) this.#devices.delete(device.index);
  }
}

interface Watched {
  /** How many machines are registered with it. */
  users: number;
  found: { readonly place: GuestPlace; readonly device: GuestDevice } | undefined;
}

function isSamePlace(a: GuestPlace | undefined, b: GuestPlace | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const same = a.name === b.name && a.deviceName === b.deviceName;
  return same && a.deviceIndex === b.deviceIndex && a.portIndex === b.portIndex;
}
