import { IpBatch } from '../../test/support/ip-batch.ts';
import type { Container } from '../../test/support/namespaces.ts';
import { ask } from '../ask.ts';
import { type BenchMachine, registration, unregistration } from '../machines.ts';

/** 200 changes of addresses and 20 registrations a second, and as many machines that go again. */
export class Changes {
  readonly #socket: string;
  readonly #batches: readonly IpBatch[];
  readonly #machines: readonly BenchMachine[];
  #addresses = 0;
  #registrations = 0;
  #milliseconds = 0;
  #failed: Error | undefined;

  constructor(socket: string, containers: readonly Container[], machines: readonly BenchMachine[]) {
    this.#socket = socket;
    this.#batches = containers.map((container) => new IpBatch(container));
    this.#machines = machines;
  }

  /** Has them come in as long as something else takes. @throws Error of the first that could not be made */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const before = { addresses: this.#addresses, registrations: this.#registrations };
    let registering = Promise.resolve();
    // By the clock, not by how often the timer came: that is late where there is much to do.
    const timer = setInterval(() => {
      const seconds = (performance.now() - start) / 1000;
      while (this.#addresses - before.addresses < seconds * ADDRESSES) this.#changeAddress();
      while (this.#registrations - before.registrations < seconds * REGISTRATIONS) {
        const number = this.#registrations++;
        registering = registering.then(() => this.#register(number));
      }
    }, 5);
    const result = await work().finally(() => clearInterval(timer));
    this.#milliseconds += performance.now() - start;
    await registering;
    if (this.#failed) throw this.#failed;
    return result;
  }

  /** What has been done, for the reader. */
  get description(): string {
    const rate = (count: number) => Math.round((count * 1000) / this.#milliseconds);
    return `${rate(this.#addresses)} changes of addresses and ${rate(this.#registrations)} registrations a second`;
  }

  /** Ends what waits in the containers. @throws Error with what ip(8) had to say */
  async end(): Promise<void> {
    await Promise.all(this.#batches.map((batch) => batch.end()));
  }

  // In each container an address comes, and goes with the next turn.
  #changeAddress(): void {
    const number = this.#addresses++;
    const index = number % this.#batches.length;
    const action = Math.floor(number / this.#batches.length) % 2 === 0 ? 'add' : 'del';
    this.#batches[index]?.run(`addr ${action} 10.254.0.${index}/32 dev host0`);
  }

  async #register(number: number): Promise<void> {
    const machine = this.#machines[number % this.#machines.length] as BenchMachine;
    const replies = await ask(this.#socket, [registration(machine), unregistration(machine)]).catch((error: Error) => {
      this.#failed ??= error;
      return [];
    });
    const error = replies.find((reply) => reply.includes('"error"'));
    if (error !== undefined) this.#failed ??= new Error(`a machine that came or went was refused: ${error}`);
  }
}

const ADDRESSES = 200;
const REGISTRATIONS = 20;
