import { closeDescriptors } from './descriptor-queue.ts';
import type { PassedDescriptors, Transport, TransportEvents } from './transport.ts';

/**
 * A transport that ends when the other side has sent more than was to be expected: for a bus that nobody trusts, with
 * which little is to be said.
 */
export class BoundedTransport implements Transport {
  readonly #transport: Transport;
  #left: number;
  #descriptorsLeft: number;

  /** @param maximum bytes and descriptors, in all */
  constructor(transport: Transport, maximum: { readonly bytes: number; readonly descriptors: number }) {
    this.#transport = transport;
    this.#left = maximum.bytes;
    this.#descriptorsLeft = maximum.descriptors;
  }

  start(events: TransportEvents): void {
    this.#transport.start({
      data: (chunk, descriptors) => {
        if (this.#allows(chunk, descriptors)) events.data(chunk, descriptors);
      },
      drain: () => events.drain(),
      closed: (error) => events.closed(error),
    });
  }

  send(bytes: Uint8Array, descriptors?: readonly number[]): boolean {
    return this.#transport.send(bytes, descriptors);
  }

  pause(): void {
    this.#transport.pause();
  }

  resume(): void {
    this.#transport.resume();
  }

  end(): void {
    this.#transport.end();
  }

  destroy(): void {
    this.#transport.destroy();
  }

  #allows(chunk: Uint8Array, descriptors: PassedDescriptors | undefined): boolean {
    this.#left -= chunk.length;
    this.#descriptorsLeft -= descriptors?.numbers.length ?? 0;
    if (this.#left >= 0 && this.#descriptorsLeft >= 0) return true;
    if (descriptors !== undefined) closeDescriptors(descriptors.numbers);
    this.#transport.destroy();
    return false;
  }
}
