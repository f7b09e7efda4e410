import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, vi } from 'vitest';
import { EventLoop } from '../../../src/linux/event-loop.ts';
import type { Process } from '../../../src/linux/process.ts';
import { addressText } from '../../../src/machine/address-text.ts';
import type { DhcpLease } from '../../../src/machine/dhcp-server.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { judgedAddressesOf } from '../../../src/resolver/addresses.ts';
import { GuestAddresses } from '../../../src/sources/vm/guest-addresses.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { Bridge } from '../../support/guest-network.ts';
import { stopAllContainers } from '../../support/namespaces.ts';

/** A registry for each test, the addresses of whose VMs are kept current. */
export class GuestHarness {
  registry!: Registry;
  /** Lease files are in it: `dnsmasq.leases`, and the directories `networkd` and `libvirt`. */
  directory!: string;
  /** By name. */
  readonly leaders: Map<string, Process> = new Map();
  /** No test may end with one. */
  readonly problems: string[] = [];
  readonly #bridges: Bridge[] = [];
  /** What systemd-networkd says when it is asked, by interface. */
  readonly told: Map<number, readonly DhcpLease[]> = new Map();
  /** The interfaces whose leases are wanted. */
  readonly wanted: Set<number> = new Set();
  #tell: () => void = () => {};
  #loop!: EventLoop;
  #guests!: GuestAddresses;

  /** Inside a describe block. */
  constructor() {
    beforeEach(() => this.#start());
    afterEach(() => this.#stop());
    afterAll(stopAllContainers);
  }

  register(name: string, properties: Partial<Omit<Machine, 'name' | 'facts'>>): void {
    this.registry.add(sampleMachine(name, { class: 'vm', ...properties }));
  }

  /** All that is known, the best first, each with who says so. */
  known(name: string): string[] {
    const machine = this.registry.get(name);
    if (machine === undefined) return [];
    const judged = judgedAddressesOf(machine, { hostAddresses: () => [] });
    return judged.map(({ address, verdict }) => `${addressText(address.bytes)} ${address.source} ${verdict}`);
  }

  async until(name: string, ...expected: string[]): Promise<void> {
    await vi.waitFor(() => expect(this.known(name)).toEqual(expected), { timeout: 5000, interval: 5 });
  }

  /** One that is gone after the test. */
  async bridge(address: string): Promise<Bridge> {
    const made = await Bridge.make(address);
    this.#bridges.push(made);
    return made;
  }

  /** systemd-networkd says something else from now on. */
  tell(interfaceIndex: number, ...leases: readonly DhcpLease[]): void {
    this.told.set(interfaceIndex, leases);
    this.#tell();
  }

  #start(): void {
    this.told.clear();
    this.wanted.clear();
    this.#loop = new EventLoop();
    this.registry = new Registry();
    this.directory = mkdtempSync(join(tmpdir(), 'mymachines-guests-'));
    this.#guests = new GuestAddresses({
      loop: this.#loop,
      registry: this.registry,
      leases: [join(this.directory, 'dnsmasq.leases')],
      networkd: [join(this.directory, 'networkd')],
      libvirt: join(this.directory, 'libvirt'),
      dhcpServer: {
        follow: (interfaceIndex) => {
          expect(this.wanted).not.toContain(interfaceIndex);
          this.wanted.add(interfaceIndex);
        },
        unfollow: (interfaceIndex) => expect(this.wanted.delete(interfaceIndex)).toBe(true),
        leases: (interfaceIndex) => (this.wanted.has(interfaceIndex) ? (this.told.get(interfaceIndex) ?? []) : []),
        onChanged: (listener) => {
          this.#tell = listener;
          return () => {
            this.#tell = () => {};
          };
        },
      },
      leader: (name) => this.leaders.get(name),
      onProblem: (error) => this.problems.push(error.message),
    });
  }

  async #stop(): Promise<void> {
    this.#guests.close();
    expect([...this.wanted]).toEqual([]);
    this.#loop.close();
    rmSync(this.directory, { recursive: true });
    for (const bridge of this.#bridges.splice(0)) await bridge.remove();
    expect(this.problems.splice(0)).toEqual([]);
  }
}

/** Long enough for what should not happen. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}
