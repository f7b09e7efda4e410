import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeEach, expect } from 'vitest';
import { EventLoop } from '../../../../src/linux/event-loop.ts';
import type { Address } from '../../../../src/machine/address.ts';
import type { MachineNetwork } from '../../../../src/sources/kernel/addresses/machine-network.ts';
import { AddressTracker, type AddressTrackerOptions } from '../../../../src/sources/kernel/addresses/tracker.ts';
import { type Container, stopAllContainers } from '../../../support/namespaces.ts';

/** A tracker for each test, with live addresses, and what it told. */
export class TrackerHarness {
  readonly told: { key: string; addresses: readonly Address[]; shares: boolean }[] = [];
  tracker!: AddressTracker;
  #loop!: EventLoop;
  readonly #problems: Error[] = [];

  /** Inside a describe block. No test may end with a problem. */
  constructor() {
    beforeEach(() => {
      this.#loop = new EventLoop();
      this.told.length = 0;
      this.#problems.length = 0;
    });
    afterEach(() => {
      this.tracker.close();
      this.#loop.close();
      expect(this.#problems).toEqual([]);
    });
    afterAll(stopAllContainers);
  }

  start(options: AddressTrackerOptions = {}): void {
    const onChange = (key: string, addresses: readonly Address[], shares: boolean) =>
      this.told.push({ key, addresses, shares });
    const onProblem = (error: Error) => this.#problems.push(error);
    this.tracker = new AddressTracker(this.#loop, onChange, { onProblem, ...options });
    expect(this.tracker.limitation).toBeUndefined();
  }

  add(key: string, container: Container): MachineNetwork {
    return this.tracker.add(key, { pid: container.pid, alive: () => container.alive });
  }

  /** The addresses that were last told of a machine. */
  last(key: string): readonly Address[] {
    return this.told.findLast((change) => change.key === key)?.addresses ?? [];
  }
}

/** Changes a container's network in one go, while this process does nothing else. */
export function configure(container: Container, commands: readonly string[]): void {
  execFileSync('nsenter', ['-t', `${container.pid}`, '-n', '--', 'ip', '-batch', '-'], { input: commands.join('\n') });
}
