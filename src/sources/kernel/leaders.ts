import type { EventLoop } from '../../linux/event-loop.ts';
import { SystemError } from '../../linux/libc.ts';
import type { Process } from '../../linux/process.ts';
import type { Machine, MachineFacts } from '../../machine/machine.ts';
import type { MachineName } from '../../machine/machine-name.ts';
import type { Registry } from '../../machine/registry.ts';
import { AddressTracker } from './addresses/tracker.ts';
import { readLeaderIds } from './leader-facts.ts';

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
   * caller's.
   * @throws SystemError ESRCH when the leader has ended
   */
  enter(name: MachineName, leader: Process): MachineFacts {
    const ids = readLeaderIds(leader);
    const network = this.#addresses.add(name, leader);
    try {
      const stop = leader.onExit(this.#loop, () => this.#events.exit(name));
      this.#held.set(name, { leader, stop, retry: undefined });
    } catch (error) {
      // The limit of epoll watches per user is reached (ENOSPC, epoll(7)).
      this.#addresses.remove(name);
      throw error;
    }
    if (ids.uidMap.length === 0 || ids.gidMap.length === 0) this.#awaitIds(name, FIRST_RETRY);
    return { ...ids, ...network };
  }

  /** Lets go of a leader and its descriptor. */
  leave(name: MachineName): void {
    const held = this.#held.get(name);
    if (held === undefined) return;
    this.#held.delete(name);
    this.#addresses.remove(name);
    clearTimeout(held.retry);
    held.stop();
    held.leader.close();
  }

  /** The process that leads a machine. */
  get(name: MachineName): Process | undefined {
    return this.#held.get(name)?.leader;
  }

  /** Has a machine's addresses read again where they are not live (AddressTracker.refresh). */
  refresh(name: MachineName): void {
    this.#addresses.refresh(name);
  }

  close(): void {
    for (const name of [...this.#held.keys()]) this.leave(name);
    this.#addresses.close();
  }

  /**
   * A leader registered right after it made its user namespace has no id map yet. It is written once, and nobody is
   * told (user_namespaces(7)): so it is looked for, at growing intervals and not for ever.
   */
  #awaitIds(name: MachineName, delay: number): void {
    const held = this.#held.get(name);
    if (held === undefined || delay > LAST_RETRY) return;
    held.retry = setTimeout(() => {
      try {
        const ids = readLeaderIds(held.leader);
        if (ids.uidMap.length > 0 || ids.gidMap.length > 0) this.#change(name, ids);
        if (ids.uidMap.length === 0 || ids.gidMap.length === 0) this.#awaitIds(name, delay * 2);
      } catch (error) {
        // It has ended, of which the pidfd tells.
        if (!(error instanceof SystemError && error.code === 'ESRCH')) this.#events.problem(error as Error);
      }
    }, delay).unref();
  }

  #change(name: MachineName, facts: Partial<MachineFacts>): void {
    if (this.#registry.get(name) === undefined) return;
    this.#registry.update(name, (machine: Machine) => ({ ...machine, facts: { ...machine.facts, ...facts } }));
  }
}

interface Held {
  readonly leader: Process;
  readonly stop: () => void;
  retry: NodeJS.Timeout | undefined;
}

/** Milliseconds: 5, 10, 20 … 10240, twenty seconds in all. */
const FIRST_RETRY = 5;
const LAST_RETRY = 10_240;
