import type { BusAddress } from '../../dbus/connection/address.ts';
import type { Bus } from '../../dbus/connection/bus.ts';
import { LastingConnection } from '../../dbus/connection/lasting-connection.ts';
import type { Connect } from '../../dbus/connection/transport.ts';
import type { MachineName } from '../../machine/machine-name.ts';
import { BusFeed } from './bus-feed.ts';
import type { MachinedNews } from './machined-news.ts';
import { VarlinkFeed } from './varlink-feed.ts';

/** The ways to systemd-machined. */
export interface MachinedLinkParts {
  /** Its bus; absent: there is none. */
  readonly bus?: { readonly addresses: readonly BusAddress[]; readonly connect: Connect };
  /** The path of its Varlink socket. */
  readonly socket: string;
  /** The directory of its state files. */
  readonly states: string;
  readonly news: MachinedNews;
  /** Whether there is no machine, as far as can be known without systemd-machined. */
  readonly isEmpty: () => boolean;
  /** Milliseconds that an answer may take. */
  readonly patience?: number;
}

/** Follows systemd-machined over the bus, and over Varlink while no bus can be had. */
export class MachinedLink {
  readonly #parts: MachinedLinkParts;
  readonly #connection: LastingConnection | undefined;
  #onBus: BusFeed | undefined;
  #overVarlink: VarlinkFeed | undefined;
  #closed = false;

  constructor(parts: MachinedLinkParts) {
    this.#parts = parts;
    const { bus, news } = parts;
    if (bus === undefined) {
      this.#withoutBus();
      return;
    }
    this.#connection = new LastingConnection({
      ...bus,
      enter: (connection) => this.#enter(connection),
      onLost: (reason) => {
        news.lost(reason);
        this.#withoutBus();
      },
      onProblem: (reason) => {
        news.problem('bus', reason);
        this.#withoutBus();
      },
      onListenerError: (error) => news.problem('bus', error as Error),
    });
    void this.#connection.start();
  }

  /** Asks for a machine of which there may be news that nobody has told. */
  recheck(name: MachineName): void {
    this.#onBus?.recheck(name);
    this.#overVarlink?.recheck();
  }

  close(): void {
    this.#closed = true;
    this.#leaveBus();
    this.#overVarlink?.close();
    this.#connection?.close();
  }

  /** What is over Varlink goes on until it is sure that it is not needed. */
  async #enter(bus: Bus): Promise<void> {
    this.#leaveBus();
    const feed = new BusFeed({ ...this.#parts, bus });
    this.#onBus = feed;
    try {
      await feed.start();
    } catch (error) {
      this.#leaveBus();
      throw error;
    }
    this.#overVarlink?.close();
    this.#overVarlink = undefined;
  }

  #leaveBus(): void {
    this.#onBus?.close();
    this.#onBus = undefined;
  }

  #withoutBus(): void {
    if (this.#closed || this.#overVarlink !== undefined) return;
    this.#leaveBus();
    this.#overVarlink = new VarlinkFeed(this.#parts);
  }
}
