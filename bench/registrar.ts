import { ask } from './ask.ts';
import { type BenchMachine, register, registration } from './machines.ts';
import type { Figure } from './result.ts';
import { spread } from './statistics.ts';
import { raiseDescriptorLimit } from './targets/systemd-machined.ts';
import { machineSocket, type Target } from './targets/target.ts';

/**
 * Registers machines with systemd-machined and with who is compared with it. When the former has no descriptors for
 * more as it is shipped, it gets more, and both are told of: how many it took, and that it has been helped.
 */
export class Registrar {
  readonly #reference: Target;
  readonly #candidate: Target;
  #count = 0;
  #figure: Figure | undefined;

  constructor(reference: Target, candidate: Target) {
    this.#reference = reference;
    this.#candidate = candidate;
  }

  async register(machines: readonly BenchMachine[]): Promise<void> {
    const reference = machineSocket(this.#reference);
    const taken = await registerUntilRefused(reference, machines);
    if (taken < machines.length) {
      if (this.#figure !== undefined)
        throw new Error(`${this.#reference.name} takes no more than ${this.#count + taken}`);
      const what = `machines that ${this.#reference.name} takes as shipped`;
      this.#figure = { what, unit: '', value: spread([this.#count + taken]) };
      raiseDescriptorLimit(this.#reference);
      await register(reference, machines.slice(taken));
    }
    if (this.#candidate !== this.#reference) await register(machineSocket(this.#candidate), machines);
    this.#count += machines.length;
  }

  /** What a reader of the rows must know from now on. */
  get note(): string | undefined {
    return this.#figure && `descriptor limit of ${this.#reference.name} raised`;
  }

  get figures(): readonly Figure[] {
    return this.#figure === undefined ? [] : [this.#figure];
  }
}

/** How many it took. Nothing else is asked of it then: without descriptors it could not even be connected to. */
async function registerUntilRefused(socket: string, machines: readonly BenchMachine[]): Promise<number> {
  const replies = await ask(socket, machines.map(registration), (reply) => !reply.includes('"error"'));
  return replies.filter((reply) => !reply.includes('"error"')).length;
}
