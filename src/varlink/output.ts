import { encodeMessages } from './framing.ts';
import type { Transport } from './transport.ts';

/** @private Messages on their way to the peer: those written in one go are sent together. */
export class Output {
  readonly #transport: Transport;
  #text = '';
  /** The peer has not taken all that was sent. */
  #blocked = false;
  #ending = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  /** There is enough for one system call. */
  get full(): boolean {
    return this.#text.length >= 65_536;
  }

  /** Adds a message with its NUL. */
  write(text: string): void {
    this.#text += text;
  }

  /** Sends what was written. False when there was nothing, or when the peer has to read first. */
  flush(): boolean {
    if (this.#text === '' || this.#blocked) return false;
    const bytes = encodeMessages(this.#text);
    this.#text = '';
    this.#blocked = !this.#transport.send(bytes);
    return true;
  }

  drained(): void {
    this.#blocked = false;
    if (this.#ending) this.end();
  }

  /** Ends the connection after all that was written is out. */
  end(): void {
    this.flush();
    if (this.#text === '') this.#transport.end();
    else this.#ending = true;
  }
}
