import type { EventLoop } from '../event-loop.ts';
import { RTM_DELADDR, RTM_NEWADDR } from './address.ts';
import { decodeLink, type Link, RTM_DELLINK, RTM_NEWLINK } from './link.ts';
import type { Message } from './message.ts';
import { decodeNamespaceId, RTM_DELNSID } from './namespace-id.ts';
import { groupMask, Notifications } from './notifications.ts';

/**
 * What happened. `namespace` is the id of the network namespace in which it did; undefined is our own, unless that
 * has an id in itself: then it is that id.
 */
export type NetworkEvent =
  /** An address came, went or changed. Which one is not told: after a burst, only a dump has the order right. */
  | { readonly kind: 'address'; readonly namespace: number | undefined }
  | { readonly kind: 'link'; readonly namespace: number | undefined; readonly removed: boolean; readonly link: Link }
  /** The namespace that had `id` in `namespace` is gone; `id` may be another's by now. */
  | { readonly kind: 'namespace-gone'; readonly namespace: number | undefined; readonly id: number }
  /** Any number of events were lost: everything must be read again. */
  | { readonly kind: 'overrun' };

/**
 * Changes of addresses and interfaces in our own network namespace and in every one that has an id in it, on one
 * socket. Needs CAP_NET_BROADCAST.
 */
export class NetlinkMonitor {
  readonly #notifications: Notifications<NetworkEvent>;

  /** @param receiveBuffer bytes; the kernel takes twice as much, and uses about 2 KiB for an event. */
  constructor(loop: EventLoop, onEvent: (event: NetworkEvent) => void, receiveBuffer?: number) {
    const options = { groups: GROUPS, allNamespaces: true, ...(receiveBuffer !== undefined && { receiveBuffer }) };
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

function eventOf({ type, body }: Message, namespace: number | undefined): NetworkEvent | undefined {
  switch (type) {
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return { kind: 'address', namespace };
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return { kind: 'link', namespace, removed: type === RTM_DELLINK, link: decodeLink(body) };
    case RTM_DELNSID: {
      const id = decodeNamespaceId(body);
      return id === undefined ? undefined : { kind: 'namespace-gone', namespace, id };
    }
    default:
      return undefined;
  }
}

// RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_NSID
const GROUPS = groupMask(1, 5, 9, 28);
