import { EventQueue } from '../../machine/event-queue.ts';
import { isSameRegistration, type Machine } from '../../machine/machine.ts';
import { hostMachineName } from '../../machine/machine-name.ts';
import type { MachineSource, MachineSources, SourceConflict } from '../../machine/machine-source.ts';
import type { Registry, RegistryEvent } from '../../machine/registry.ts';
import { type SharedKey, SharedKeys, sharedKeys } from './shared-keys.ts';

/** What is put together, and from what. */
export interface MergedRegistryParts {
  /** In order of precedence. */
  readonly sources: readonly MachineSource[];
  /** Where all of them go: another than those of the sources. `.host` is put there by whoever makes it. */
  readonly registry: Registry;
  /** Hears once of each machine that is there and is not to be seen, and again when that is another's doing. */
  readonly onConflict: (conflict: SourceConflict) => void;
  /** Hears of what failed here, which is a fault of ours. */
  readonly onError: (error: unknown) => void;
}

/**
 * Keeps one registry of the machines of several. What is in it depends on what the sources have and on nothing else,
 * least of all on who was first: a machine is there unless an earlier source has one that is there with its name, its
 * leader or its unit, and comes back when that one has gone.
 */
export class MergedRegistry implements MachineSources {
  readonly sources: readonly MachineSource[];
  readonly registry: Registry;
  readonly #onConflict: (conflict: SourceConflict) => void;
  readonly #keys: SharedKeys<Entry> = new SharedKeys();
  /** By name, for each source, as far as its events have been told. */
  readonly #known: readonly Map<string, Entry>[];
  readonly #unsubscribe: readonly (() => void)[];

  constructor({ sources, registry, onConflict, onError }: MergedRegistryParts) {
    this.sources = sources;
    this.registry = registry;
    this.#onConflict = onConflict;
    this.#known = sources.map(() => new Map());
    // One after the other, also when somebody who is told of a change makes another source change meanwhile.
    const events = new EventQueue<{ readonly rank: number; readonly event: RegistryEvent }>(onError);
    events.subscribe(({ rank, event }) => this.#follow(rank, event));
    this.#unsubscribe = sources.map((source, rank) => {
      for (const machine of source.registry) events.publish({ rank, event: { kind: 'added', machine } });
      return source.registry.subscribe((event) => events.publish({ rank, event }));
    });
  }

  sourceOf(machine: Machine): MachineSource | undefined {
    const entry = this.#visible(machine.name);
    return entry && isSameRegistration(entry.machine, machine) ? this.sources[entry.rank] : undefined;
  }

  *conflicts(): Iterable<SourceConflict> {
    for (const known of this.#known) {
      for (const entry of known.values()) {
        const conflict = this.#conflictOf(entry);
        if (conflict !== undefined) yield conflict;
      }
    }
  }

  /** Follows the sources no longer. */
  close(): void {
    for (const stop of this.#unsubscribe) stop();
  }

  #follow(rank: number, { kind, machine }: RegistryEvent): void {
    // Each registry has a host of its own.
    if (machine.class === 'host' || machine.name === hostMachineName) return;
    const known = this.#known[rank] as Map<string, Entry>;
    const entry = known.get(machine.name);
    if (kind === 'added') {
      const added: Entry = { machine, rank, keys: sharedKeys(machine), visible: false, told: '' };
      known.set(machine.name, added);
      this.#keys.add(added.keys, added);
      this.#settle(new Set([added]));
    } else if (entry === undefined) {
      throw new Error(`machine ${machine.name} was never added`);
    } else if (kind === 'changed') {
      this.#change(entry, machine);
    } else {
      known.delete(machine.name);
      const open = this.#hide(entry);
      this.#keys.remove(entry.keys, entry);
      this.#settle(open);
    }
  }

  #change(entry: Entry, machine: Machine): void {
    const keys = sharedKeys(machine);
    entry.machine = machine;
    if (isSame(keys, entry.keys)) {
      if (entry.visible) this.registry.update(machine.name, () => machine);
      return;
    }
    const open = this.#later(entry);
    this.#keys.remove(entry.keys, entry);
    entry.keys = keys;
    this.#keys.add(keys, entry);
    if (entry.visible && this.#conflictOf(entry) === undefined) {
      this.#clearWay(entry, open);
      this.registry.update(machine.name, () => machine);
    }
    this.#settle(open.add(entry));
  }

  /** Decides again which of them are to be seen, and then for those that they stand in the way of. */
  #settle(open: Set<Entry>): void {
    // Whether one is to be seen is a matter of earlier sources, so these are decided first.
    for (const rank of this.sources.keys()) {
      for (const entry of [...open].filter((one) => one.rank === rank)) {
        const conflict = this.#conflictOf(entry);
        if (conflict !== undefined) {
          this.#hide(entry);
          this.#tell(entry, conflict);
        } else if (!entry.visible) {
          this.#clearWay(entry, open);
          this.registry.add(entry.machine);
          entry.visible = true;
        }
      }
    }
  }

  /** Hides who stands in the way of one; those are open then, and whom they stood in the way of. */
  #clearWay(entry: Entry, open: Set<Entry>): void {
    for (const other of this.#later(entry)) {
      for (const freed of this.#hide(other)) open.add(freed);
      open.add(other);
    }
  }

  /** Gives those that it may have stood in the way of. */
  #hide(entry: Entry): Set<Entry> {
    if (!entry.visible) return new Set();
    entry.visible = false;
    this.registry.remove(entry.machine.name);
    return this.#later(entry);
  }

  #tell(entry: Entry, conflict: SourceConflict): void {
    const told = `${conflict.what} ${conflict.by.name}`;
    if (entry.told === told) return;
    entry.told = told;
    this.#onConflict(conflict);
  }

  #conflictOf({ machine, rank, keys }: Entry): SourceConflict | undefined {
    for (const key of keys) {
      for (const other of this.#keys.of(key)) {
        if (!other.visible || other.rank >= rank) continue;
        const [source, bySource] = [this.#nameOf(rank), this.#nameOf(other.rank)];
        return { machine, source, what: key.what, by: other.machine, bySource };
      }
    }
    return undefined;
  }

  /** Those of later sources that have something in common with one. */
  #later({ keys, rank }: Entry): Set<Entry> {
    const all = keys.flatMap((key) => [...this.#keys.of(key)]);
    return new Set(all.filter((other) => other.rank > rank));
  }

  #visible(name: string): Entry | undefined {
    return this.#known.map((known) => known.get(name)).find((entry) => entry?.visible);
  }

  #nameOf(rank: number): SourceConflict['source'] {
    return (this.sources[rank] as MachineSource).name;
  }
}

interface Entry {
  machine: Machine;
  /** Of its source: the lower, the earlier. */
  readonly rank: number;
  keys: readonly SharedKey[];
  visible: boolean;
  /** What it was last said to be hidden by. */
  told: string;
}

function isSame(a: readonly SharedKey[], b: readonly SharedKey[]): boolean {
  return a.length === b.length && a.every(({ what, value }, at) => what === b[at]?.what && value === b[at]?.value);
}
