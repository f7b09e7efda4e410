import { EPOLLIN, type EventLoop, type Watch } from '../event-loop.ts';
import { SystemError } from '../libc.ts';
import { RTM_DELADDR, RTM_NEWADDR } from './address.ts';
import { decodeLink, type Link, RTM_DELLINK, RTM_NEWLINK } from './link.ts';
import { type Message, parseMessages } from './message.ts';
import { decodeNamespaceId, RTM_DELNSID } from './namespace-id.ts';
import { NetlinkFormatError } from './netlink-error.ts';
import { type Datagram, NetlinkSocket } from './netlink-socket.ts';

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
 * socket. Only what the kernel says counts. Needs CAP_NET_BROADCAST.
 *
 * When the kernel had to drop notifications it says so once (ENOBUFS), and then drops silently until the queue has
 * been read to its end (NETLINK_S_CONGESTED in af_netlink.c). So `overrun` is reported then, and not earlier: what is
 * read after it is complete.
 */
export class NetlinkMonitor {
  readonly #socket: NetlinkSocket;
  readonly #watch: Watch;
  readonly #onEvent: (event: NetworkEvent) => void;
  #overrun = false;
  #closed = false;

  /** @param receiveBuffer bytes; the kernel takes twice as much, and uses about 2 KiB for an event. */
  constructor(loop: EventLoop, onEvent: (event: NetworkEvent) => void, receiveBuffer: number = RECEIVE_BUFFER) {
    this.#onEvent = onEvent;
    this.#socket = new NetlinkSocket({ groups: GROUPS, allNamespaces: true, receiveBuffer }, DATAGRAM_SIZE);
    try {
      this.#watch = loop.watch(this.#socket.fd, EPOLLIN, () => this.#read());
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  /** No event comes after this, not even when it is called by a receiver of one. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.stop();
    this.#socket.close();
  }

  #read(): void {
    for (let count = 0; count < BATCH && !this.#closed; count++) {
      const datagram = this.#receive();
      if (datagram === 'lost') continue;
      if (datagram === undefined) {
        if (this.#overrun) {
          this.#overrun = false;
          this.#report({ kind: 'overrun' });
        }
        return;
      }
      // Only the kernel has port 0.
      if (this.#overrun || datagram.port !== 0) continue;
      this.#decodeAll(datagram);
    }
  }

  #receive(): Datagram | 'lost' | undefined {
    try {
      const datagram = this.#socket.receive();
      if (datagram?.truncated !== true) return datagram;
    } catch (error) {
      // ENOBUFS: the queue was full. The others: the kernel could not build a notification (rtnl_set_sk_err).
      if (!(error instanceof SystemError && ['ENOBUFS', 'ENOMEM', 'EMSGSIZE'].includes(error.code))) throw error;
    }
    this.#overrun = true;
    return 'lost';
  }

  #decodeAll({ bytes, namespace }: Datagram): void {
    let events: NetworkEvent[] = [];
    try {
      events = parseMessages(bytes).flatMap((message) => eventOf(message, namespace) ?? []);
    } catch (error) {
      // Whatever it says, it says that something changed.
      if (!(error instanceof NetlinkFormatError)) throw error;
      this.#overrun = true;
    }
    for (const event of events) this.#report(event);
  }

  #report(event: NetworkEvent): void {
    if (!this.#closed) this.#onEvent(event);
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

// RTNLGRP_LINK 1, RTNLGRP_IPV4_IFADDR 5, RTNLGRP_IPV6_IFADDR 9, RTNLGRP_NSID 28
const GROUPS = [1, 5, 9, 28].reduce((mask, group) => mask | (1 << (group - 1)), 0);
// Thousands of events between two turns of the loop. Memory is taken only while they wait.
const RECEIVE_BUFFER = 8 * 1024 * 1024;
// Above the largest notification: attributes end at 64 KiB each, and only one or two of an interface can be filled.
const DATAGRAM_SIZE = 256 * 1024;
// Datagrams in one turn of the event loop, so that a flood leaves room for everything else.
const BATCH = 64;
