import type { EventLoop } from '../event-loop.ts';
import { LITTLE_ENDIAN } from './attributes.ts';
import { RTM_DELLINK, RTM_NEWLINK } from './link.ts';
import type { Message } from './message.ts';
import { decodeNeighbour, type ForwardingEntry, type Neighbour, RTM_DELNEIGH } from './neighbour.ts';
import { NetlinkFormatError } from './netlink-error.ts';
import { groupMask, Notifications } from './notifications.ts';

/** What happened in our own network namespace. */
export type NeighbourEvent =
  | { readonly kind: 'neighbour'; readonly removed: boolean; readonly neighbour: Neighbour }
  | { readonly kind: 'forwarding'; readonly removed: boolean; readonly entry: ForwardingEntry }
  /** An interface came, went or changed, or a bridge got or lost it as a port. */
  | { readonly kind: 'link'; readonly interfaceIndex: number }
  /** Any number of events were lost: everything must be read again. */
  | { readonly kind: 'overrun' };

/** Changes of neighbours, of what bridges learn, and of interfaces in our own network namespace. Needs no privilege. */
export class NeighbourMonitor {
  readonly #notifications: Notifications<NeighbourEvent>;

  /** @param receiveBuffer bytes, as of NetlinkMonitor */
  constructor(loop: EventLoop, onEvent: (event: NeighbourEvent) => void, receiveBuffer?: number) {
    const options = { groups: GROUPS, ...(receiveBuffer !== undefined && { receiveBuffer }) };
    this.#notifications = new Notifications(loop, options, {
      decode: eventOf,
      event: onEvent,
      overrun: () => onEvent({ kind: 'overrun' }),
    });
  }

  /** No event comes after this, not even when it is called by a receiver of one. */
  close(): void {
    this.#notifications.close();
  }
}

function eventOf(message: Message): NeighbourEvent | undefined {
  const { type, body } = message;
  if (type === RTM_NEWLINK || type === RTM_DELLINK) {
    if (body.byteLength < LINK_BODY) throw new NetlinkFormatError(`interface of ${body.byteLength} bytes`);
    return { kind: 'link', interfaceIndex: body.getInt32(4, LITTLE_ENDIAN) };
  }
  const entry = decodeNeighbour(message);
  if (entry === undefined) return undefined;
  const removed = type === RTM_DELNEIGH;
  return 'family' in entry ? { kind: 'neighbour', removed, neighbour: entry } : { kind: 'forwarding', removed, entry };
}

// RTNLGRP_LINK, RTNLGRP_NEIGH
const GROUPS = groupMask(1, 3);
// struct ifinfomsg
const LINK_BODY = 16;
