import { MachineError } from '../../machine/errors.ts';
import type { MachineName } from '../../machine/machine-name.ts';
import type { Registry } from '../../machine/registry.ts';

/** Names and leaders of machines that are about to be registered: of several requests for the same one, one wins. */
export class Reservations {
  readonly #registry: Registry;
  readonly #names = new Set<string>();
  readonly #leaders = new Set<number>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /**
   * Keeps both from others until what is returned is called.
   * @throws MachineError `machine-exists`: the name is taken, or the leader (`parameter` is then `leader`)
   */
  reserve(name: MachineName, leader: number): () => void {
    if (this.#names.has(name) || this.#registry.get(name) !== undefined) {
      throw new MachineError('machine-exists', `there is a machine ${name} already`);
    }
    if (this.#leaders.has(leader) || this.#registry.byLeader(leader) !== undefined) {
      throw new MachineError('machine-exists', `process ${leader} is the leader of a machine already`, 'leader');
    }
    this.#names.add(name);
    this.#leaders.add(leader);
    return () => {
      this.#names.delete(name);
      this.#leaders.delete(leader);
    };
  }
}
