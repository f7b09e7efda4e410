import type { Bus } from '../../dbus/connection/bus.ts';
import type { Signal } from '../../dbus/connection/match.ts';
import { DBusError } from '../../dbus/errors.ts';
import { BUS_NAME } from '../../dbus/names.ts';
import type { AnyVariant } from '../../dbus/values.ts';
import { bootTime, currentTimestamp } from '../../linux/clock.ts';
import type { DhcpLease, DhcpServer } from '../../machine/dhcp-server.ts';
import { type Moment, readLeases } from './leases-property.ts';
import { interfaceIndexOf, linkPath } from './link-path.ts';

/** What the client is made of. */
export interface NetworkdLeasesParts {
  /** Hears what went wrong without stopping anything: to be logged. */
  readonly onProblem: (error: Error) => void;
  /** Called when leases are wanted for the first time: before that there need be no bus. */
  readonly onWanted?: () => void;
}

/**
 * The leases that systemd-networkd's DHCP servers gave out, over the bus (org.freedesktop.network1(5)): it tells each
 * change, with all leases of the interface. This is for systemd 252, say, which has them in no file. It is asked about
 * an interface when somebody begins to follow it, and again when another networkd has come. While there is none, what
 * it said last stays: guests go on with their addresses until these end. It tells nothing to a connection that has the
 * name of a service of root's.
 */
export class NetworkdLeases implements DhcpServer {
  readonly #parts: NetworkdLeasesParts;
  #wanted = false;
  readonly #listeners = new Set<() => void>();
  /** By interface, those that are wanted. */
  readonly #followed = new Map<number, Followed>();
  #bus: Pick<Bus, 'call'> | undefined;
  /** Its unique name. Nobody is asked while there is none: that would start it. */
  #owner: string | undefined;

  constructor(parts: NetworkdLeasesParts) {
    this.#parts = parts;
  }

  leases(interfaceIndex: number): readonly DhcpLease[] {
    return this.#followed.get(interfaceIndex)?.leases ?? [];
  }

  follow(interfaceIndex: number): void {
    const followed = this.#followed.get(interfaceIndex);
    if (followed !== undefined) {
      followed.users++;
      return;
    }
    this.#followed.set(interfaceIndex, { users: 1, leases: [], asked: undefined });
    this.#ask(interfaceIndex);
    if (!this.#wanted) this.#parts.onWanted?.();
    this.#wanted = true;
  }

  unfollow(interfaceIndex: number): void {
    const followed = this.#followed.get(interfaceIndex);
    if (followed === undefined || --followed.users > 0) return;
    followed.asked = undefined;
    this.#followed.delete(interfaceIndex);
  }

  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes a new connection to the bus, until that is closed. Never fails: what is wrong with it is a problem told. */
  async attach(bus: Pick<Bus, 'call' | 'match' | 'ownerOf' | 'onClosed'>): Promise<void> {
    this.#bus = bus;
    bus.onClosed(() => {
      if (this.#bus !== bus) return;
      this.#bus = undefined;
      this.#owner = undefined;
    });
    let told = false;
    try {
      await bus.match({ ...ownerChanged, arg0: SERVICE }, ({ body }) => {
        told = true;
        this.#found(body[2] as string);
      });
      await bus.match({ sender: SERVICE, ...propertiesChanged, arg0: INTERFACE }, (signal) => this.#hear(signal));
      const owner = await bus.ownerOf(SERVICE);
      // What was told meanwhile is newer.
      if (owner !== undefined && !told) this.#found(owner);
    } catch (error) {
      this.#parts.onProblem(new Error('the leases of systemd-networkd are not known', { cause: error }));
    }
  }

  #found(owner: string): void {
    this.#owner = owner === '' ? undefined : owner;
    for (const interfaceIndex of this.#followed.keys()) this.#ask(interfaceIndex);
  }

  /** We may hear of a signal before the answer that came just before it: so no answer counts after a signal. */
  #ask(interfaceIndex: number): void {
    const [bus, owner, followed] = [this.#bus, this.#owner, this.#followed.get(interfaceIndex)];
    if (bus === undefined || owner === undefined || followed === undefined) return;
    const question = {};
    followed.asked = question;
    const counts = (): boolean => this.#owner === owner && followed.asked === question;
    // Whoever has the name by then would be another one, which is asked anyway.
    const request = { destination: owner, path: linkPath(interfaceIndex), interface: PROPERTIES, member: 'Get' };
    bus.call({ ...request, signature: 'ss', body: [INTERFACE, PROPERTY] }).then(
      ([value]) => {
        if (counts()) this.#take(followed, value as AnyVariant);
      },
      (error: unknown) => {
        if (!(error instanceof DBusError)) throw error;
        // It serves no addresses there, or has left, or there is no such interface.
        if (counts()) this.#set(followed, []);
      },
    );
  }

  #hear({ path, signature, body }: Signal): void {
    const interfaceIndex = interfaceIndexOf(path);
    const followed = interfaceIndex === undefined ? undefined : this.#followed.get(interfaceIndex);
    // Nobody wants those of other interfaces.
    if (interfaceIndex === undefined || followed === undefined || signature !== 'sa{sv}as') return;
    const [, changed, invalidated] = body as [string, ReadonlyMap<string, AnyVariant>, readonly string[]];
    const value = changed.get(PROPERTY);
    if (value !== undefined) this.#take(followed, value);
    else if (invalidated.includes(PROPERTY)) this.#ask(interfaceIndex);
  }

  #take(followed: Followed, value: AnyVariant): void {
    followed.asked = undefined;
    try {
      this.#set(followed, readLeases(value, now()));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.#parts.onProblem(new Error("systemd-networkd's leases cannot be read", { cause: error }));
    }
  }

  #set(followed: Followed, leases: readonly DhcpLease[]): void {
    if (followed.leases.length === 0 && leases.length === 0) return;
    followed.leases = leases;
    for (const listener of this.#listeners) listener();
  }
}

interface Followed {
  users: number;
  leases: readonly DhcpLease[];
  /** The question whose answer counts. */
  asked: object | undefined;
}

function now(): Moment {
  return { sinceBoot: bootTime(), realtime: currentTimestamp().realtime / 1000 };
}

const SERVICE = 'org.freedesktop.network1';
const INTERFACE = 'org.freedesktop.network1.DHCPServer';
const PROPERTY = 'Leases';
const PROPERTIES = 'org.freedesktop.DBus.Properties';
const propertiesChanged = { interface: PROPERTIES, member: 'PropertiesChanged' } as const;
const ownerChanged = {
  sender: BUS_NAME,
  interface: BUS_NAME,
  member: 'NameOwnerChanged',
} as const;
