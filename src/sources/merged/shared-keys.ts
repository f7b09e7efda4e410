import { type Machine, ownUnit } from '../../machine/machine.ts';
import type { SourceConflict } from '../../machine/machine-source.ts';

/** What can be only one machine's, in the order in which it is told. */
export interface SharedKey {
  readonly what: SourceConflict['what'];
  /** Of `name` and `unit` the text, of `leader` the PID. */
  readonly value: string | number;
}

/** The name, the leader and the unit of a machine, as Registry refuses them to a second one. */
export function sharedKeys(machine: Machine): readonly SharedKey[] {
  const unit = ownUnit(machine);
  return [
    { what: 'name', value: machine.name },
    { what: 'leader', value: machine.leader.pid },
    ...(unit === undefined ? [] : [{ what: 'unit', value: unit } as const]),
  ];
}

/** Which entries there are of a name, a leader and a unit. */
export class SharedKeys<Entry> {
  readonly #entries: Readonly<Record<SharedKey['what'], Map<string | number, Set<Entry>>>> = {
    name: new Map(),
    leader: new Map(),
    unit: new Map(),
  };

  add(keys: readonly SharedKey[], entry: Entry): void {
    for (const { what, value } of keys) {
      const entries = this.#entries[what].get(value);
      if (entries === undefined) this.#entries[what].set(value, new Set([entry]));
      else entries.add(entry);
    }
  }

  remove(keys: readonly SharedKey[], entry: Entry): void {
    for (const { what, value } of keys) {
      const entries = this.#entries[what].get(value);
      entries?.delete(entry);
      if (entries?.size === 0) this.#entries[what].delete(value);
    }
  }

  of({ what, value }: SharedKey): ReadonlySet<Entry> {
    return this.#entries[what].get(value) ?? none;
  }
}

const none: ReadonlySet<never> = new Set<never>();
