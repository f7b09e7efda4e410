import type { EventLoop } from '../../../linux/event-loop.ts';
import { SystemError } from '../../../linux/libc.ts';
import { NetlinkFormatError } from '../../../linux/netlink/netlink-error.ts';
import type { Address } from '../../../machine/address.ts';
import { PacedQueue } from '../paced-queue.ts';
import { hostAddresses } from './host.ts';
import { type MachineNetwork, NO_NETWORK, sameNetwork, type TrackedProcess } from './machine-network.ts';
import { NetlinkAddresses } from './netlink-addresses.ts';
import { ProcFormatError } from './proc-format.ts';
import { readProcNetwork } from './proc-network.ts';

/** Beside where the addresses come from. */
export interface AddressTrackerOptions {
  /** Hears of what went wrong with one machine, which the tracker survives: to be logged. */
  readonly onProblem?: (error: Error) => void;
  /** Bytes of kernel memory for notifications not read yet; small in the test of losing some. */
  readonly receiveBuffer?: number;
}

/**
 * The addresses of machines, by their leaders' network namespaces.
 *
 * Where the kernel lets us (CAP_NET_ADMIN and CAP_NET_BROADCAST, Linux 5.0) they are always current: changes are read
 * in the turn of the event loop in which the kernel tells of them, and told once a turn however many there were. Two
 * sockets serve all machines, and no descriptor is kept for any.
 *
 * Else `limitation` says why, and addresses are read from /proc/PID/net when a machine is added and when `refresh` asks
 * for it. Who answers a question should call `refresh` then, after the answer: the next one is right.
 */
export class AddressTracker {
  /** Why addresses are read on demand only, for the log. Undefined: they are live. */
  readonly limitation?: Error;
  readonly #netlink: NetlinkAddresses | undefined;
  readonly #onChange: (key: string, addresses: readonly Address[], sharesHostNetwork: boolean) => void;
  readonly #options: AddressTrackerOptions;
  readonly #machines = new Map<string, Tracked>();
  readonly #queue = new PacedQueue<string>((key) => this.#readProc(key));

  /** `onChange` hears of every change after `add`, from the event loop, never from inside a method. */
  constructor(
    loop: EventLoop,
    onChange: (key: string, addresses: readonly Address[], sharesHostNetwork: boolean) => void,
    options: AddressTrackerOptions = {},
  ) {
    this.#onChange = onChange;
    this.#options = options;
    const events = {
      network: (key: string, network: MachineNetwork) => this.#tell(key, network),
      problem: (error: Error) => options.onProblem?.(error),
    };
    try {
      this.#netlink = new NetlinkAddresses(loop, events, options.receiveBuffer);
    } catch (error) {
      if (!(error instanceof SystemError || error instanceof NetlinkFormatError)) throw error;
      this.limitation = error;
    }
  }

  /**
   * Begins with a machine, and gives its network as it is now. A process that is gone has no addresses.
   * Several machines may be in one network namespace. Throws when the key is in use.
   */
  add(key: string, process: TrackedProcess): MachineNetwork {
    if (this.#machines.has(key)) throw new Error(`addresses of ${key} are being tracked already`);
    const tracked: Tracked = { process, live: false, network: NO_NETWORK, readAt: performance.now() };
    this.#machines.set(key, tracked);
    tracked.network = this.#begin(key, tracked);
    return tracked.network;
  }

  /** Ends with a machine; nothing more is told of it. */
  remove(key: string): void {
    this.#machines.delete(key);
    this.#netlink?.remove(key);
    this.#queue.delete(key);
  }

  /**
   * Has a machine's network read again, at most once a second each; a change is told as any other. Where it is live, it
   * is looked at once in ten seconds at most whether the leader itself went into another namespace, of which the kernel
   * tells nobody.
   */
  refresh(key: string): void {
    const tracked = this.#machines.get(key);
    if (tracked === undefined || performance.now() - tracked.readAt < refreshInterval(tracked)) return;
    tracked.readAt = performance.now();
    if (tracked.live) this.#netlink?.refresh(key);
    else this.#queue.add(key);
  }

  /**
   * The host's own addresses, unfiltered, in the kernel's order: the same list as long as they are the same, where
   * live.
   */
  hostAddresses(): readonly Address[] {
    try {
      if (this.#netlink !== undefined) return this.#netlink.hostAddresses();
    } catch (error) {
      this.#report(error);
    }
    return hostAddresses();
  }

  /** Whether a machine's network is told by the kernel as it changes. */
  isLive(key: string): boolean {
    return this.#machines.get(key)?.live ?? false;
  }

  close(): void {
    this.#machines.clear();
    this.#queue.clear();
    this.#netlink?.close();
  }

  #begin(key: string, tracked: Tracked): MachineNetwork {
    if (this.#netlink !== undefined) {
      try {
        const network = this.#netlink.add(key, tracked.process);
        tracked.live = true;
        return network;
      } catch (error) {
        this.#report(error);
      }
    }
    return this.#readOrKeep(tracked);
  }

  #readProc(key: string): void {
    const tracked = this.#machines.get(key);
    if (tracked !== undefined) this.#tell(key, this.#readOrKeep(tracked));
  }

  #readOrKeep(tracked: Tracked): MachineNetwork {
    try {
      return readProcNetwork(tracked.process);
    } catch (error) {
      this.#report(error);
      return tracked.network;
    }
  }

  // What the kernel refuses, or says in a way that we do not understand. Anything else is a mistake of ours.
  #report(error: unknown): void {
    const kernels =
      error instanceof NetlinkFormatError ||
      error instanceof ProcFormatError ||
      (error instanceof Error && 'syscall' in error);
    if (!kernels) throw error;
    this.#options.onProblem?.(error);
  }

  #tell(key: string, network: MachineNetwork): void {
    const tracked = this.#machines.get(key);
    if (tracked === undefined || sameNetwork(tracked.network, network)) return;
    tracked.network = network;
    this.#onChange(key, network.addresses, network.sharesHostNetwork);
  }
}

interface Tracked {
  readonly process: TrackedProcess;
  /** False: netlink could not take it, and it is read from /proc. */
  live: boolean;
  network: MachineNetwork;
  readAt: number;
}

/** Milliseconds. Where addresses are live only a leader's own move is left to find, which is rare. */
function refreshInterval({ live }: Tracked): number {
  return live ? 10_000 : 1000;
}
