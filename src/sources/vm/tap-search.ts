import { interfaceIndex } from '../../linux/interface-name.ts';
import type { Process } from '../../linux/process.ts';
import { tapDevicesOf } from '../../linux/tap-devices.ts';
import type { MachineName } from '../../machine/machine-name.ts';
import { PacedQueue } from '../kernel/paced-queue.ts';

/** Whose devices are looked for, and who hears of them. */
export interface TapSearchOptions {
  /** The process that runs a VM. */
  leader(name: MachineName): Process | undefined;
  /** It has these devices of the host open, by their indices. Told once. */
  found(name: MachineName, interfaces: readonly number[]): void;
}

/**
 * Finds the interfaces of VMs that were registered without any, by the TAP devices that the hypervisor has open. It may
 * open them after it was registered, and nobody is told: so they are looked for at growing intervals, and not for ever.
 */
export class TapSearch {
  readonly #options: TapSearchOptions;
  readonly #searched = new Map<MachineName, { delay: number; timer: NodeJS.Timeout | undefined }>();
  readonly #queue = new PacedQueue<MachineName>((name) => this.#look(name));

  constructor(options: TapSearchOptions) {
    this.#options = options;
  }

  start(name: MachineName): void {
    this.#searched.set(name, { delay: FIRST_RETRY, timer: undefined });
    this.#queue.add(name);
  }

  stop(name: MachineName): void {
    clearTimeout(this.#searched.get(name)?.timer);
    this.#searched.delete(name);
    this.#queue.delete(name);
  }

  close(): void {
    for (const name of [...this.#searched.keys()]) this.stop(name);
  }

  #look(name: MachineName): void {
    const search = this.#searched.get(name);
    if (search === undefined) return;
    const interfaces = this.#interfacesOf(name);
    if (interfaces.length > 0) {
      this.stop(name);
      this.#options.found(name, interfaces);
    } else if (search.delay <= LAST_RETRY) {
      search.timer = setTimeout(() => this.#queue.add(name), search.delay).unref();
      search.delay *= 2;
    } else {
      this.stop(name);
    }
  }

  #interfacesOf(name: MachineName): readonly number[] {
    const leader = this.#options.leader(name);
    try {
      // Elsewhere the names mean other interfaces.
      if (leader?.sharesNamespace('net') !== true) return [];
      return tapDevicesOf(leader).flatMap((device) => interfaceIndex(device) ?? []);
    } catch (error) {
      // It has ended, of which its pidfd tells, or is not for us to see.
      if (error instanceof Error && 'code' in error) return [];
      throw error;
    }
  }
}

// Milliseconds: 50, 100 … 25,600, a minute in all.
const FIRST_RETRY = 50;
const LAST_RETRY = 25_600;
