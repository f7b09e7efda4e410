import { MachineError } from '../../machine/errors.ts';
import type { MachineName } from '../../machine/machine-name.ts';
import type { Registry } from '../../machine/registry.ts';

/** Names and leaders of machines that are about to be registered: of several requests for the same one, one wins. */
export class Reservations {
  readonly #registries: readonly Registry[];
  readonly #names = new Set<string>();
  readonly #leaders = new Set<number>();

  /** @param registries whose machines have their names and leaders already */
  constructor(...registries: readonly Registry[]) {
    this.#registries = registries;
  }

  /**
   * Keeps both from others until what is returned is called.
   * @throws MachineError `machine-exists`: the name is taken, or the leader (`parameter` is then `leader`)
   */
  reserve(name: MachineName, leader: number): () => void {
    if (this.#names.has(name) || this.#registries.some((registry) => registry.get(name) !== undefined)) {
      throw new MachineError('machine-exists', `there is a machine ${name} already`);
    }
    if (this.#leaders.has(leader) || this.#registries.some((registry) => registry.byLeader(leader) !== undefined)) {
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
