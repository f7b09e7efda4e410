import type { PreparedBody } from '../../dbus/call.ts';
import type { Registry } from '../../machine/registry.ts';
import { type ListEntry, listBody, listEntry } from './encode.ts';

/**
 * The answer to ListMachines, kept between changes of the registry. After one, only what changed is encoded again, and
 * only when somebody asks.
 */
export class MachineList {
  readonly #registry: Registry;
  readonly #entries = new Map<string, ListEntry>();
  #body: PreparedBody | undefined;

  constructor(registry: Registry) {
    this.#registry = registry;
    registry.subscribe((event) => {
      const { name, class: machineClass, service } = event.machine;
      if (event.kind === 'changed') {
        // Mostly it is the addresses that change, which are not in the list.
        const { before } = event;
        if (before.class === machineClass && before.service === service) return;
      }
      this.#entries.delete(name);
      this.#body = undefined;
    });
  }

  /** All machines, `.host` where it is there. */
  body(): PreparedBody {
    this.#body ??= listBody(this.#current());
    return this.#body;
  }

  *#current(): IterableIterator<ListEntry> {
    for (const machine of this.#registry) {
      const entry = this.#entries.get(machine.name) ?? listEntry(machine);
      this.#entries.set(machine.name, entry);
      yield entry;
    }
  }
}
