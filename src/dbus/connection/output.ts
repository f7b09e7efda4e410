import type { Transport } from './transport.ts';

/**
 * Messages on their way to the bus: those written in one go are sent together. Those with descriptors are sent by
 * themselves, for descriptors go with the first byte of what is sent.
 */
export class Output {
  readonly #transport: Transport;
  #messages: Uint8Array[] = [];
  /** Bytes that the bus has not taken. */
  #waiting = 0;
  #scheduled = false;
  readonly #patience: number;
  readonly #onStandstill: () => void;
  /** There only while something waits. */
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param onStandstill told when something has waited for `patience` milliseconds without the bus ever having taken all
   */
  constructor(transport: Transport, patience: number, onStandstill: () => void) {
    this.#transport = transport;
    this.#patience = patience;
    this.#onStandstill = onStandstill;
  }

  /** Bytes that are kept because the bus does not read. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Adds a message, which goes out with `flush`, at the latest when the present callback is over. */
  write(message: Uint8Array, descriptors: readonly number[]): void {
    if (descriptors.length > 0) {
      this.flush();
      this.#send(message, descriptors);
      return;
    }
    this.#messages.push(message);
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => this.flush());
  }

  flush(): void {
    this.#scheduled = false;
    const messages = this.#messages;
    if (messages.length === 0) return;
    this.#messages = [];
    this.#send(messages.length === 1 ? (messages[0] as Uint8Array) : Buffer.concat(messages), undefined);
  }

  drained(): void {
    this.#waiting = 0;
    this.close();
  }

  /** Nobody is told any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #send(bytes: Uint8Array, descriptors: readonly number[] | undefined): void {
    if (this.#transport.send(bytes, descriptors)) return;
    this.#waiting += bytes.length;
    this.#timer ??= setTimeout(this.#onStandstill, this.#patience).unref();
  }
}
