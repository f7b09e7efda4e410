import { isDeepStrictEqual } from 'node:util';
import type { EventLoop } from '../../linux/event-loop.ts';
import { SystemError } from '../../linux/libc.ts';
import type { Process } from '../../linux/process.ts';
import type { Address } from '../../machine/address.ts';
import type { Machine, MachineFacts, RegisteredClass } from '../../machine/machine.ts';
import type { MachineName } from '../../machine/machine-name.ts';
import type { AddressSource } from '../../machine/network-details.ts';
import type { Registry } from '../../machine/registry.ts';
import { type MachineNetwork, NO_NETWORK } from './addresses/machine-network.ts';
import { AddressTracker } from './addresses/tracker.ts';
import { type LeaderIds, readLeaderIds } from './leader-facts.ts';
import { PacedQueue } from './paced-queue.ts';

/** What is told to whoever owns the leaders. */
export interface LeaderEvents {
  /** A leader has ended. */
  exit(name: MachineName): void;
  /** Something about one machine went wrong, which costs no more than a fact about it. */
  problem(error: Error): void;
}

/**
 * The leaders of machines: each pinned by its pidfd, the only descriptor that a machine costs, its end watched, and
 * what the kernel says of it kept current in the registry.
 */
export class Leaders {
  readonly #loop: EventLoop;
  readonly #registry: Registry;
  readonly #events: LeaderEvents;
  readonly #addresses: AddressTracker;
  readonly #held = new Map<MachineName, Held>();
  readonly #rereads = new PacedQueue<MachineName>((name) => this.#rereadIds(name), SELDOM);

  constructor(loop: EventLoop, registry: Registry, events: LeaderEvents) {
    this.#loop = loop;
    this.#registry = registry;
    this.#events = events;
    this.#addresses = new AddressTracker(
      loop,
      (name, addresses, sharesHostNetwork) => this.#change(name as MachineName, { addresses, sharesHostNetwork }),
      { onProblem: (error) => events.problem(error) },
    );
  }

  /** Why addresses are not live, for the log; undefined when they are. */
  get limitation(): Error | undefined {
    return this.#addresses.limitation;
  }

  /**
   * Takes a leader over and gives what the kernel says of it now. What it says later goes to the registry's machine of
   * that name, which is to be added before the event loop's next turn. When this throws, the process is still the
   * caller's. The network of a VM is not its leader's, so nothing is said of that.
   * @throws SystemError ESRCH when the leader has ended
   */
  enter(name: MachineName, leader: Process, machineClass: RegisteredClass): MachineFacts {
    return this.beginNetwork(name, this.hold(name, leader, machineClass));
  }

  /**
   * The first part of {@link enter}, in which all that can fail does: nothing is known of the network yet.
   * @throws SystemError ESRCH, and ENOSPC when there are too many epoll watches (epoll(7))
   */
  hold(name: MachineName, leader: Process, machineClass: RegisteredClass): MachineFacts {
    const ids = readLeaderIds(leader);
    const stop = leader.onExit(this.#loop, () => this.#events.exit(name));
    const isVm = machineClass === 'vm';
    const interval = isVm ? Number.POSITIVE_INFINITY : IDS_INTERVAL;
    this.#held.set(name, { leader, stop, ids, isVm, readAt: performance.now(), interval, retry: undefined });
    if (incomplete(ids)) this.#awaitIds(name, FIRST_RETRY);
    return factsOf(ids, NO_NETWORK);
  }

  /**
   * The second part of {@link enter}: the facts of a leader that is held, with its network. What goes wrong is told as a
   * problem.
   */
  beginNetwork(name: MachineName, facts: MachineFacts): MachineFacts {
    const held = this.#held.get(name);
    if (held === undefined || held.isVm) return facts;
    try {
      return factsOf(facts, this.#addresses.add(name, held.leader));
    } catch (error) {
      this.#events.problem(error as Error);
      return facts;
    }
  }

  /** Lets go of a leader and its descriptor. */
  leave(name: MachineName): void {
    const held = this.#held.get(name);
    if (held === undefined) return;
    this.#held.delete(name);
    this.#addresses.remove(name);
    this.#rereads.delete(name);
    clearTimeout(held.retry);
    held.stop();
    held.leader.close();
  }

  /** The process that leads a machine. */
  get(name: MachineName): Process | undefined {
    return this.#held.get(name)?.leader;
  }

  /** The host's own addresses (AddressTracker.hostAddresses). */
  hostAddresses(): readonly Address[] {
    return this.#addresses.hostAddresses();
  }

  /** Whether the addresses of a machine are told by the kernel as they change, or read when asked for. */
  addressSource(name: MachineName): AddressSource {
    return this.#addresses.isLive(name) ? 'netlink' : 'proc';
  }

  /**
   * Has read again, after the present answer, what the kernel tells nobody of: that a leader went into another user or
   * network namespace (setns(2), unshare(2)), at most every ten seconds and for a tenth of the time, and addresses where
   * they are not live, at most once a second.
   */
  refresh(name: MachineName): void {
    this.#addresses.refresh(name);
    const held = this.#held.get(name);
    if (held === undefined || performance.now() - held.readAt < held.interval) return;
    held.readAt = performance.now();
    this.#rereads.add(name);
  }

  close(): void {
    for (const name of [...this.#held.keys()]) this.leave(name);
    this.#rereads.clear();
    this.#addresses.close();
  }

  /**
   * A leader that has just made its user namespace has no id map yet. It is written once, and nobody is told
   * (user_namespaces(7)): so it is looked for, at growing intervals and not for ever.
   */
  #awaitIds(name: MachineName, delay: number): void {
    const held = this.#held.get(name);
    if (held === undefined || delay > LAST_RETRY) return;
    clearTimeout(held.retry);
    held.retry = setTimeout(() => {
      const ids = this.#rereadIds(name);
      if (ids !== undefined && incomplete(ids)) this.#awaitIds(name, delay * 2);
    }, delay).unref();
  }

  /** Undefined when they cannot be read. */
  #rereadIds(name: MachineName): LeaderIds | undefined {
    const held = this.#held.get(name);
    if (held === undefined) return undefined;
    try {
      const ids = readLeaderIds(held.leader);
      if (isDeepStrictEqual(ids, held.ids)) return ids;
      const another = !incomplete(held.ids) && incomplete(ids);
      held.ids = ids;
      this.#change(name, ids);
      if (another) this.#awaitIds(name, FIRST_RETRY);
      return ids;
    } catch (error) {
      // It has ended, of which the pidfd tells.
      if (!(error instanceof SystemError && error.code === 'ESRCH')) this.#events.problem(error as Error);
      return undefined;
    }
  }

  #change(name: MachineName, facts: Partial<MachineFacts>): void {
    if (this.#registry.get(name) === undefined) return;
    this.#registry.update(name, (machine: Machine) => ({ ...machine, facts: { ...machine.facts, ...facts } }));
  }
}

interface Held {
  readonly leader: Process;
  readonly stop: () => void;
  readonly isVm: boolean;
  /** As they were last read, at a moment of performance.now(). */
  ids: LeaderIds;
  readAt: number;
  /** Milliseconds after which they are to be read again when somebody asks: never where ids are not the machine's. */
  readonly interval: number;
  retry: NodeJS.Timeout | undefined;
}

function factsOf(
  { uidMap, gidMap, sharesHostUsers }: LeaderIds,
  { sharesHostNetwork, addresses }: MachineNetwork,
): MachineFacts {
  return { uidMap, gidMap, sharesHostUsers, sharesHostNetwork, addresses };
}

function incomplete({ uidMap, gidMap }: LeaderIds): boolean {
  return uidMap.length === 0 || gidMap.length === 0;
}

/** Milliseconds: 5, 10, 20 … 10240, twenty seconds in all. */
const FIRST_RETRY = 5;
const LAST_RETRY = 10_240;
/** Times as long as what is read takes are left between: ten thousand machines may be asked for all the time. */
const SELDOM = 9;
/** Milliseconds. It is rare, and a thousand machines may be asked for all the time. */
const IDS_INTERVAL = 10_000;
