import { EPOLLIN, type EventLoop, type Watch } from '../event-loop.ts';
import { SystemError } from '../libc.ts';
import { type Message, parseMessages } from './message.ts';
import { NetlinkFormatError } from './netlink-error.ts';
import { type Datagram, NetlinkSocket, type NetlinkSocketOptions } from './netlink-socket.ts';

/** What is made of notifications. */
export interface NotificationReceiver<Event> {
  /** Undefined: nothing of interest. @throws NetlinkFormatError, which counts as a notification lost */
  decode(message: Message, namespace: number | undefined): Event | undefined;
  event(event: Event): void;
  /** Any number of notifications were lost: everything must be read again. */
  overrun(): void;
}

/**
 * What the kernel tells of by itself, on a socket of its own. Only what the kernel says counts.
 *
 * When the kernel had to drop notifications it says so once (ENOBUFS), and then drops silently until the queue has
 * been read to its end (NETLINK_S_CONGESTED in af_netlink.c). So `overrun` is reported then, and not earlier: what is
 * read after it is complete.
 */
export class Notifications<Event> {
  readonly #socket: NetlinkSocket;
  readonly #watch: Watch;
  readonly #receiver: NotificationReceiver<Event>;
  #overrun = false;
  #closed = false;

  /** @throws SystemError, EPERM where the options ask for more than we may */
  constructor(loop: EventLoop, options: NetlinkSocketOptions, receiver: NotificationReceiver<Event>) {
    this.#receiver = receiver;
    this.#socket = new NetlinkSocket({ receiveBuffer: RECEIVE_BUFFER, ...options }, DATAGRAM_SIZE);
    try {
      this.#watch = loop.watch(this.#socket.fd, EPOLLIN, () => this.#read(), 'netlink');
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
          this.#receiver.overrun();
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
    let events: Event[] = [];
    try {
      events = parseMessages(bytes).flatMap((message) => this.#receiver.decode(message, namespace) ?? []);
    } catch (error) {
      // Whatever it says, it says that something changed.
      if (!(error instanceof NetlinkFormatError)) throw error;
      this.#overrun = true;
    }
    for (const event of events) if (!this.#closed) this.#receiver.event(event);
  }
}

/** The mask of multicast groups by their numbers, RTNLGRP_* of linux/rtnetlink.h, up to 32. */
export function groupMask(...groups: readonly number[]): number {
  return groups.reduce((mask, group) => mask | (1 << (group - 1)), 0);
}

// Thousands of events between two turns of the loop. Memory is taken only while they wait.
const RECEIVE_BUFFER = 8 * 1024 * 1024;
// Above the largest notification: attributes end at 64 KiB each, and only one or two of an interface can be filled.
const DATAGRAM_SIZE = 256 * 1024;
// Datagrams in one turn of the event loop, so that a flood leaves room for everything else.
const BATCH = 64;
