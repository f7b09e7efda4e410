import { closeDescriptors } from './close-descriptors.ts';
import { encodeMessages } from './framing.ts';
import type { Transport } from './transport.ts';

/** @private Messages on their way to the peer: those written in one go are sent together. */
export class Output {
  readonly #transport: Transport;
  #text = '';
  /** Messages before the text, as bytes, each piece for one system call. */
  #encoded: Piece[] = [];
  #length = 0;
  /** The peer has not taken all that was sent. */
  #blocked = false;
  #ending = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  /** There is something that has not been sent, or that the peer has not taken. */
  get waiting(): boolean {
    return this.#blocked || this.#length > 0;
  }

  /** There is enough for one system call. */
  get full(): boolean {
    return this.#length >= 65_536;
  }

  /**
   * Adds a message with its NUL, or several as bytes, which may be shared and are not to be changed.
   * @param descriptors go with its first byte, and are closed when they are sent or never will be
   */
  write(message: string | Uint8Array, descriptors?: readonly number[]): void {
    this.#length += message.length;
    if (typeof message === 'string' && descriptors === undefined) {
      this.#text += message;
    } else {
      this.#encode();
      const bytes = typeof message === 'string' ? encodeMessages(message) : message;
      this.#encoded.push({ bytes, descriptors });
    }
  }

  /** Sends a message while nothing waits. Its bytes may be changed afterwards. */
  sendAtOnce(message: Uint8Array): void {
    const transport = this.#transport;
    const sent = transport.sendReused?.(message) ?? transport.send(Buffer.from(message));
    this.#blocked = !sent;
  }

  /** Sends what was written. False when there was nothing, or when the peer has to read first. */
  flush(): boolean {
    if (this.#length === 0 || this.#blocked) return false;
    this.#encode();
    const pieces = this.#encoded;
    this.#encoded = [];
    this.#length = 0;
    for (const { bytes, descriptors } of pieces) this.#blocked = !this.#transport.send(bytes, descriptors);
    return true;
  }

  drained(): void {
    this.#blocked = false;
    if (this.#ending) this.end();
  }

  /** Ends the connection after all that was written is out. */
  end(): void {
    this.flush();
    if (this.#length === 0) this.#transport.end();
    else this.#ending = true;
  }

  /** The connection is over: what was not sent never will be. */
  discard(): void {
    for (const { descriptors } of this.#encoded) if (descriptors !== undefined) closeDescriptors(descriptors);
    this.#encoded = [];
    this.#text = '';
    this.#length = 0;
  }

  #encode(): void {
    if (this.#text === '') return;
    this.#encoded.push({ bytes: encodeMessages(this.#text), descriptors: undefined });
    this.#text = '';
  }
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly descriptors: readonly number[] | undefined;
}
