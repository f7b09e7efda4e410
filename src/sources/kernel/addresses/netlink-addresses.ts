import type { EventLoop } from '../../../linux/event-loop.ts';
import { SystemError } from '../../../linux/libc.ts';
import { AF_INET, AF_INET6, dumpAddresses } from '../../../linux/netlink/address.ts';
import { getLink, type Link } from '../../../linux/netlink/link.ts';
import { NetlinkMonitor, type NetworkEvent } from '../../../linux/netlink/monitor.ts';
import { namespaceIdOf } from '../../../linux/netlink/namespace-id.ts';
import { NetlinkError, NetlinkFormatError } from '../../../linux/netlink/netlink-error.ts';
import { RouteSocket } from '../../../linux/netlink/route-socket.ts';
import type { Address } from '../../../machine/address.ts';
import { PacedQueue } from '../paced-queue.ts';
import { HostEnds } from './host-ends.ts';
import { HOST_NETWORK, type MachineNetwork, NO_NETWORK, type TrackedProcess } from './machine-network.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { toldAddress } from './told-address.ts';

/** What {@link NetlinkAddresses} tells. */
export interface NetlinkAddressesEvents {
  /** What a machine's network is now; it may be what it was. */
  network(key: string, network: MachineNetwork): void;
  /** Something could not be read, and is tried again a second later. */
  problem(error: Error): void;
}

/**
 * Machines' networks, kept current by the kernel's notifications: two sockets for all machines, and nothing of ours in
 * any of their namespaces. Namespaces are known by their ids in ours, processes by their PIDs, which count only
 * when the process lives before and after.
 *
 * Notifications say what to read again, never what is there now. So order, loss and lateness of them do no harm, and
 * an id that was one namespace's and is now another's is read anew like anything else.
 */
export class NetlinkAddresses {
  readonly #socket = new RouteSocket();
  readonly #monitor: NetlinkMonitor;
  readonly #events: NetlinkAddressesEvents;
  /** The id that our own namespace has in itself. The kernel gives it one anyway once a veth pair leads here. */
  readonly #ownId: number;
  readonly #members = new Map<string, Member>();
  readonly #namespaces = new Map<number, NetworkNamespace>();
  readonly #hostEnds: HostEnds<NetworkNamespace> = new HostEnds();
  readonly #queue = new PacedQueue<string | NetworkNamespace>((item) => this.#update(item));
  /** The host's own addresses, if nothing has changed there since they were read. */
  #host: readonly Address[] | undefined;
  readonly #retries = new Map<string | NetworkNamespace, NodeJS.Timeout>();

  /**
   * Throws a SystemError or a NetlinkFormatError where this cannot work: without CAP_NET_ADMIN or CAP_NET_BROADCAST
   * (EPERM, EACCES), on a kernel before 5.0.
   */
  constructor(loop: EventLoop, events: NetlinkAddressesEvents, receiveBuffer?: number) {
    this.#events = events;
    try {
      this.#ownId = namespaceIdOf(this.#socket, process.pid);
      // Only to see that it can be done: the loopback interface is everywhere.
      getLink(this.#socket, this.#ownId, 1);
      // Before anything is read, so that nothing can change unseen.
      this.#monitor = new NetlinkMonitor(loop, (event) => this.#note(event), receiveBuffer);
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  /** Begins with a machine, and gives its network as it is now. Throws a NetlinkError when it cannot be read. */
  add(key: string, process: TrackedProcess): MachineNetwork {
    const member: Member = { process, namespace: undefined };
    this.#members.set(key, member);
    try {
      return this.#attach(key, member);
    } catch (error) {
      this.remove(key);
      throw error;
    }
  }

  remove(key: string): void {
    const member = this.#members.get(key);
    if (member === undefined) return;
    this.#leave(key, member);
    this.#members.delete(key);
    this.#queue.delete(key);
  }

  /**
   * Looks again, soon, which namespace a machine's leader is in: of that nothing tells. What is in the namespace is told,
   * and not read again.
   */
  refresh(key: string): void {
    if (this.#members.has(key)) this.#queue.add(key);
  }

  /**
   * The host's own addresses, in the kernel's order: the same list until something changes. Read when asked for, since
   * each machine that starts or ends changes them and few ask. Throws a NetlinkError.
   */
  hostAddresses(): readonly Address[] {
    this.#host ??= ([AF_INET, AF_INET6] as const).flatMap((family) =>
      dumpAddresses(this.#socket, this.#ownId, family, HOST_LIMIT).items.map((address) => toldAddress(address)),
    );
    return this.#host;
  }

  close(): void {
    this.#queue.clear();
    for (const retry of this.#retries.values()) clearTimeout(retry);
    this.#monitor.close();
    this.#socket.close();
  }

  #note(event: NetworkEvent): void {
    if (event.kind === 'overrun') {
      this.#host = undefined;
      for (const key of this.#members.keys()) this.#readAgain(key);
      return;
    }
    const ours = event.namespace === undefined || event.namespace === this.#ownId;
    if (event.kind === 'namespace-gone') {
      // The id may be a later namespace's already. Who is in it is asked again, and what is in it.
      if (ours) for (const key of this.#namespaces.get(event.id)?.members ?? []) this.#readAgain(key);
    } else if (ours) {
      this.#host = undefined;
      if (event.kind === 'address') return;
      for (const namespace of this.#behind(event.link, event.removed)) {
        if (namespace.noteHostLink(event.link, event.removed, this.#ownId)) this.#queue.add(namespace);
      }
    } else {
      const namespace = this.#namespaces.get(event.namespace);
      if (namespace === undefined) return;
      if (event.kind === 'address' || namespace.noteLink(event.link, event.removed)) this.#queue.add(namespace);
    }
  }

  /** The namespaces that one of the host's interfaces can matter to. */
  #behind({ index, peerNamespace }: Link, removed: boolean): Iterable<NetworkNamespace> {
    if (removed) return this.#hostEnds.take(index);
    const namespace = peerNamespace === undefined ? undefined : this.#namespaces.get(peerNamespace);
    return namespace === undefined ? [] : [namespace];
  }

  #update(item: string | NetworkNamespace): void {
    let networks: [string, MachineNetwork][];
    try {
      networks = typeof item === 'string' ? this.#reattach(item) : this.#reread(item);
    } catch (error) {
      if (!(error instanceof SystemError || error instanceof NetlinkFormatError)) throw error;
      this.#retryLater(item, error);
      return;
    }
    for (const [key, network] of networks) this.#events.network(key, network);
  }

  // Told once a second at most, however often somebody makes it fail.
  #retryLater(item: string | NetworkNamespace, error: Error): void {
    if (this.#retries.has(item)) return;
    this.#events.problem(error);
    const retry = setTimeout(() => {
      this.#retries.delete(item);
      this.#queue.add(item);
    }, RETRY);
    this.#retries.set(item, retry.unref());
  }

  #reattach(key: string): [string, MachineNetwork][] {
    const member = this.#members.get(key);
    return member === undefined ? [] : [[key, this.#attach(key, member)]];
  }

  #reread(namespace: NetworkNamespace): [string, MachineNetwork][] {
    if (this.#namespaces.get(namespace.id) !== namespace) return [];
    this.#read(namespace);
    return [...namespace.members].map((key) => [key, namespace.network]);
  }

  #attach(key: string, member: Member): MachineNetwork {
    const id = this.#idOf(member.process);
    // Whatever may have changed in it, it is being read again for itself.
    if (member.namespace !== undefined && member.namespace.id === id) return member.namespace.network;
    this.#leave(key, member);
    if (id === undefined) return NO_NETWORK;
    if (id === this.#ownId) return HOST_NETWORK;
    const namespace = this.#join(id);
    namespace.members.add(key);
    member.namespace = namespace;
    try {
      this.#read(namespace);
    } catch (error) {
      // Or the next attempt would find it in there, and take what was not read for what is there.
      this.#leave(key, member);
      throw error;
    }
    return namespace.network;
  }

  // Who is dead goes first: the id may have been a namespace's that is gone, too.
  #join(id: number): NetworkNamespace {
    for (const key of this.#namespaces.get(id)?.members ?? []) {
      const member = this.#members.get(key);
      if (member === undefined || member.process.alive()) continue;
      this.#leave(key, member);
      this.#queue.add(key);
    }
    const namespace = this.#namespaces.get(id) ?? new NetworkNamespace(id);
    this.#namespaces.set(id, namespace);
    return namespace;
  }

  #leave(key: string, member: Member): void {
    const namespace = member.namespace;
    if (namespace === undefined) return;
    member.namespace = undefined;
    namespace.members.delete(key);
    if (namespace.members.size > 0) return;
    this.#namespaces.delete(namespace.id);
    this.#hostEnds.remove(namespace);
    this.#queue.delete(namespace);
  }

  /** Reads all of a machine's network again, soon: something may have changed, and nobody can tell what. */
  #readAgain(key: string): void {
    this.refresh(key);
    const namespace = this.#members.get(key)?.namespace;
    if (namespace === undefined) return;
    namespace.forgetLinks();
    this.#queue.add(namespace);
  }

  #read(namespace: NetworkNamespace): void {
    try {
      namespace.read(this.#socket, this.#ownId);
      this.#hostEnds.add(namespace, namespace.hostEnds(this.#ownId));
    } catch (error) {
      // EINVAL: it is gone; RTM_DELNSID is on its way.
      if (!(error instanceof NetlinkError && error.code === 'EINVAL')) throw error;
      namespace.clear();
    }
  }

  #idOf(process: TrackedProcess): number | undefined {
    if (!process.alive()) return undefined;
    try {
      const id = namespaceIdOf(this.#socket, process.pid);
      return process.alive() ? id : undefined;
    } catch (error) {
      // An ending process lets go of its namespaces a moment before its pidfd tells that it has ended.
      const ending = error instanceof SystemError && error.code === 'ESRCH';
      if (ending || !process.alive()) return undefined;
      throw error;
    }
  }
}

interface Member {
  readonly process: TrackedProcess;
  namespace: NetworkNamespace | undefined;
}

const RETRY = 1000;
// Each machine can have one on the host, at the other end of its interface.
const HOST_LIMIT = 65_536;
