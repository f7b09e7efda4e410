import type { EventLoop } from '../../linux/event-loop.ts';
import type { Process } from '../../linux/process.ts';
import { addressLimits, guestAddress, isHostAddress } from '../../machine/address.ts';
import { parseAddress } from '../../machine/address-text.ts';
import type { DhcpServer } from '../../machine/dhcp-server.ts';
import type { Machine } from '../../machine/machine.ts';
import type { MachineName } from '../../machine/machine-name.ts';
import type { Registry } from '../../machine/registry.ts';
import { PacedQueue } from '../kernel/paced-queue.ts';
import { askedLease } from './asked-lease.ts';
import { GuestAddressList, sameAddresses } from './guest-address-list.ts';
import { GuestNeighbours } from './guest-neighbours.ts';
import type { Lease } from './lease.ts';
import { LeaseFiles } from './lease-files.ts';
import { libvirtDirectory } from './libvirt-leases.ts';
import type { LinkAddress } from './link-address.ts';
import { networkdLeaseDirectories } from './networkd-leases.ts';
import { TapSearch } from './tap-search.ts';

/** Where the addresses of VMs come from and go to. */
export interface GuestAddressesOptions {
  readonly loop: EventLoop;
  readonly registry: Registry;
  /** The process that runs a VM, whose TAP devices count where a VM was registered without interfaces. */
  readonly leader?: (name: MachineName) => Process | undefined;
  /** Lease files of dnsmasq(8), by their paths. */
  readonly leases?: readonly string[];
  /** systemd-networkd's directories and libvirt's, if not where these have them. */
  readonly networkd?: readonly string[];
  readonly libvirt?: string;
  /** systemd-networkd's server, which is asked where it has written no file. */
  readonly dhcpServer?: DhcpServer;
  /** Hears of what went wrong without stopping anything: to be logged. */
  readonly onProblem: (error: Error) => void;
}

/**
 * Keeps the addresses of the registry's VMs current, ahead of whoever asks: what they were registered with, what DHCP
 * servers of this host gave them, and what the host's neighbour table says. Never anything of the process that runs a
 * VM, whose network is the host's or its own affair.
 */
export class GuestAddresses {
  readonly #registry: Registry;
  readonly #neighbours: GuestNeighbours;
  readonly #openLeases: () => LeaseFiles;
  /** Nothing is watched as long as there is no VM. */
  #leases: LeaseFiles | undefined;
  readonly #taps: TapSearch;
  readonly #dhcpServer: DhcpServer | undefined;
  /** The interfaces whose leases it is asked for. */
  readonly #served = new Set<number>();
  readonly #unsubscribe: (() => void)[];
  readonly #guests = new Map<MachineName, Guest>();
  /** Who was registered with an interface. */
  readonly #byInterface = new Map<number, Set<MachineName>>();
  readonly #queue = new PacedQueue<MachineName>((name) => this.#update(name));

  /** @throws SystemError where there is no netlink */
  constructor(options: GuestAddressesOptions) {
    const { loop, registry, leader, leases = [], networkd, libvirt, dhcpServer, onProblem } = options;
    this.#registry = registry;
    this.#neighbours = new GuestNeighbours(loop, {
      changed: (index) => {
        for (const name of this.#byInterface.get(index) ?? []) this.#queue.add(name);
      },
      problem: onProblem,
    });
    this.#openLeases = () =>
      new LeaseFiles({
        networkd: networkd ?? networkdLeaseDirectories,
        libvirt: libvirt ?? libvirtDirectory,
        dnsmasq: leases,
        changed: () => this.#updateAll(),
        problem: onProblem,
      });
    this.#taps = new TapSearch({
      leader: (name) => leader?.(name),
      found: (name, interfaces) => this.#watch(name, interfaces),
    });
    this.#dhcpServer = dhcpServer;
    for (const machine of registry) this.#add(machine);
    const unsubscribe = registry.subscribe(({ kind, machine }) => {
      if (kind === 'added') this.#add(machine);
      else if (kind === 'removed') this.#remove(machine);
    });
    this.#unsubscribe = [unsubscribe, dhcpServer?.onChanged(() => this.#updateAll()) ?? (() => {})];
  }

  close(): void {
    for (const end of this.#unsubscribe) end();
    for (const { recheck } of this.#guests.values()) clearTimeout(recheck);
    this.#guests.clear();
    for (const index of this.#served) this.#dhcpServer?.unfollow(index);
    this.#queue.clear();
    this.#taps.close();
    this.#leases?.close();
    this.#neighbours.close();
  }

  #add({ name, class: machineClass, interfaces }: Machine): void {
    if (machineClass !== 'vm') return;
    this.#leases ??= this.#openLeases();
    this.#guests.set(name, { interfaces: [], recheck: undefined });
    this.#watch(name, interfaces);
    if (interfaces.length === 0) this.#taps.start(name);
  }

  #watch(name: MachineName, all: readonly number[]): void {
    const guest = this.#guests.get(name);
    if (guest === undefined) return;
    guest.interfaces = [...new Set(all)].slice(0, addressLimits.interfaces);
    for (const index of guest.interfaces) {
      const names = this.#byInterface.get(index) ?? new Set();
      this.#byInterface.set(index, names.add(name));
      this.#neighbours.watch(index);
    }
    this.#queue.add(name);
  }

  #remove({ name }: Machine): void {
    const guest = this.#guests.get(name);
    if (guest === undefined) return;
    this.#guests.delete(name);
    this.#queue.delete(name);
    this.#taps.stop(name);
    clearTimeout(guest.recheck);
    for (const index of guest.interfaces) {
      this.#neighbours.unwatch(index);
      const names = this.#byInterface.get(index);
      names?.delete(name);
      if (names?.size === 0) this.#byInterface.delete(index);
    }
    this.#forgetUnused();
    if (this.#guests.size > 0) return;
    this.#leases?.close();
    this.#leases = undefined;
  }

  /** What an interface leads to may be another one by now, so this looks at all that there are. */
  #forgetUnused(): void {
    const used = new Set([...this.#byInterface.keys()].map((index) => this.#neighbours.place(index)?.deviceIndex));
    for (const index of this.#served) {
      if (used.has(index)) continue;
      this.#served.delete(index);
      this.#dhcpServer?.unfollow(index);
    }
  }

  #updateAll(): void {
    for (const name of this.#guests.keys()) this.#queue.add(name);
  }

  #update(name: MachineName): void {
    const guest = this.#guests.get(name);
    const machine = this.#registry.get(name);
    if (guest === undefined || machine === undefined) return;
    const now = Date.now();
    const collected = new GuestAddressList(now);
    this.#collect(machine, guest, collected);
    clearTimeout(guest.recheck);
    guest.recheck = undefined;
    if (collected.nextExpiry < Number.POSITIVE_INFINITY) {
      // Not much later either: the clock may be set.
      const delay = Math.min(collected.nextExpiry - now, LONGEST_WAIT);
      guest.recheck = setTimeout(() => this.#queue.add(name), delay).unref();
    }
    const { addresses } = collected;
    if (sameAddresses(addresses, machine.facts.addresses)) return;
    this.#registry.update(name, (current) => ({ ...current, facts: { ...current.facts, addresses } }));
  }

  /** The most trusted sources first: of the same address the first one counts. */
  #collect(machine: Machine, { interfaces }: Guest, collected: GuestAddressList): void {
    const registered = parseAddress(machine.sshAddress ?? '');
    if (registered !== undefined && isHostAddress(registered)) collected.add(guestAddress(registered, 'registration'));
    const linkAddresses = new Set(this.#leases?.linkAddressesOf(machine.name));
    const seen = new Map(interfaces.map((index) => [index, new Set(this.#neighbours.linkAddresses(index))]));
    for (const [index, behind] of seen) {
      const place = this.#neighbours.place(index);
      if (place === undefined) continue;
      const { deviceName, deviceIndex, portIndex } = place;
      const written = this.#leases?.networkd(deviceName) ?? [];
      const given = written.length > 0 ? written : this.#asked(deviceIndex);
      for (const lease of leasesTo(behind, given, portIndex === undefined)) {
        collected.addLease(lease, 'networkd', deviceIndex);
      }
    }
    for (const behind of seen.values()) for (const linkAddress of behind) linkAddresses.add(linkAddress);
    for (const source of ['libvirt', 'dnsmasq'] as const) {
      for (const linkAddress of linkAddresses) {
        for (const lease of this.#leases?.[source](linkAddress) ?? []) {
          collected.addLease(lease, source === 'libvirt' ? 'libvirt' : 'lease-file');
        }
      }
    }
    for (const index of interfaces) {
      const hostInterfaceIndex = this.#neighbours.place(index)?.deviceIndex;
      for (const { bytes } of this.#neighbours.neighbours(index)) {
        collected.add(
          guestAddress(bytes, 'neighbour', { ...(hostInterfaceIndex !== undefined && { hostInterfaceIndex }) }),
        );
      }
    }
  }

  #asked(interfaceIndex: number): readonly Lease[] {
    if (!this.#served.has(interfaceIndex)) {
      this.#served.add(interfaceIndex);
      this.#dhcpServer?.follow(interfaceIndex);
    }
    const leases = this.#dhcpServer?.leases(interfaceIndex) ?? [];
    return leases.map(askedLease).filter((lease) => lease !== undefined);
  }
}

interface Guest {
  /** Those that it was registered with, or those that were found. */
  interfaces: readonly number[];
  recheck: NodeJS.Timeout | undefined;
}

/**
 * Those of an interface's leases that are a guest's, by the link-layer addresses that were seen of it. Where nobody
 * else is on the interface it may not have been seen yet; and an earlier guest's leases may still be there.
 */
function leasesTo(seen: ReadonlySet<LinkAddress>, leases: readonly Lease[], alone: boolean): readonly Lease[] {
  const own = leases.filter(({ linkAddress }) => linkAddress !== undefined && seen.has(linkAddress));
  return own.length > 0 || !alone ? own : leases;
}

// Milliseconds
const LONGEST_WAIT = 60_000;
