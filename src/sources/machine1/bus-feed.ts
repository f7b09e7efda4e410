import { isActivatable } from '../../dbus/connection/activation.ts';
import type { Bus } from '../../dbus/connection/bus.ts';
import type { Signal } from '../../dbus/connection/match.ts';
import { BUS_NAME } from '../../dbus/names.ts';
import type { MachineName } from '../../machine/machine-name.ts';
import { BusListing } from './bus-listing.ts';
import type { MachinedNews } from './machined-news.ts';
import { machined } from './machined-on-bus.ts';

/** What is followed, and who is told. */
export interface BusFeedParts {
  readonly bus: Pick<Bus, 'call' | 'match' | 'ownerOf'>;
  readonly news: MachinedNews;
  /** Whether there is no machine, as far as can be known without systemd-machined. */
  readonly isEmpty: () => boolean;
  /** Milliseconds that an answer of systemd-machined may take; default 10,000. */
  readonly patience?: number;
}

/**
 * Follows systemd-machined over one connection to the bus: first it listens, then it asks, so that nothing is missed
 * between; and begins again whenever another process has its name. It never starts systemd-machined.
 */
export class BusFeed {
  readonly #parts: BusFeedParts;
  #owner: string | undefined;
  #listing: BusListing | undefined;
  #told = false;
  #closed = false;

  constructor(parts: BusFeedParts) {
    this.#parts = parts;
  }

  /** Rejected with the bus's DBusError when it does not let us listen. */
  async start(): Promise<void> {
    const { bus } = this.#parts;
    const manager = { sender: machined.name, path: machined.path, interface: machined.manager };
    const owner = { sender: BUS_NAME, interface: BUS_NAME, member: 'NameOwnerChanged', arg0: machined.name };
    await Promise.all([
      bus.match(owner, (signal) => this.#ownerChanged(signal)),
      bus.match({ ...manager, member: 'MachineNew' }, (signal) => this.#machineSignal(signal, true)),
      bus.match({ ...manager, member: 'MachineRemoved' }, (signal) => this.#machineSignal(signal, false)),
    ]);
    const now = await bus.ownerOf(machined.name);
    // A change that was heard of is never older than this answer, and may be newer.
    if (!this.#told) this.#begin(now);
  }

  /** Asks for a machine of which there may be news without a signal. */
  recheck(name: MachineName): void {
    this.#listing?.recheck(name);
  }

  /** Nothing is told any more. The matches go with the connection. */
  close(): void {
    this.#closed = true;
    this.#listing?.end();
  }

  #ownerChanged({ signature, body }: Signal): void {
    if (signature !== 'sss') return;
    this.#told = true;
    this.#begin((body[2] as string) || undefined);
  }

  #machineSignal({ sender, signature, body }: Signal, there: boolean): void {
    if (sender === this.#owner && signature === 'so') this.#listing?.heard(body[0] as string, there);
  }

  #begin(owner: string | undefined): void {
    if (this.#closed) return;
    this.#listing?.end();
    this.#listing = undefined;
    this.#owner = owner;
    const { bus, news, patience = PATIENCE } = this.#parts;
    if (owner === undefined) void this.#nobody();
    else this.#listing = new BusListing({ bus, owner, news, patience });
  }

  /** systemd-machined ends by itself when there are no machines, and is started again for the next one. */
  async #nobody(): Promise<void> {
    const { news, isEmpty } = this.#parts;
    if (isEmpty() && (await this.#canBeStarted())) {
      if (this.#owner === undefined && !this.#closed) news.current();
    } else if (this.#owner === undefined && !this.#closed) {
      news.lost(new Error(`nobody has the name ${machined.name} on the bus: systemd-machined is not running`));
    }
  }

  #canBeStarted(): Promise<boolean> {
    return isActivatable(this.#parts.bus, machined.name).catch(() => false);
  }
}

/** Milliseconds. */
const PATIENCE = 10_000;
