import { enterBus } from '../dbus/connection.ts';
import { bodyLength, ERROR, METHOD_RETURN, messageLength, PREFIX, setSerial } from '../dbus/message.ts';
import type { Protocol, Session } from './protocol.ts';

/**
 * D-Bus, through a bus. Of what comes only the first {@link PREFIX} bytes of each message are read: its length, and
 * whether it is a reply, an error, or a signal, which is passed over.
 */
export const dbus: Protocol = {
  once: false,
  split(input) {
    const calls: Uint8Array[] = [];
    for (let from = 0; from < input.length; ) {
      const end = from + messageLength(input.subarray(from));
      calls.push(input.subarray(from, end));
      from = end;
    }
    return calls;
  },
  begin(fd) {
    enterBus(fd);
    return new BusSession();
  },
};

class BusSession implements Session {
  error: string | undefined;
  size = 0;
  // Hello was the first.
  #serial = 1;
  readonly #prefix = new Uint8Array(PREFIX);
  #have = 0;
  #left = 0;

  prepare(call: Uint8Array): void {
    this.#serial += 1;
    setSerial(call, this.#serial);
    this.error = undefined;
  }

  take(input: Uint8Array, length: number): boolean {
    let complete = false;
    for (let at = 0; at < length; ) {
      if (this.#left === 0) {
        const count = Math.min(PREFIX - this.#have, length - at);
        this.#prefix.set(input.subarray(at, at + count), this.#have);
        this.#have += count;
        at += count;
        if (this.#have < PREFIX) break;
        // Every message has header fields, so something is left.
        this.#have = 0;
        this.#left = messageLength(this.#prefix) - PREFIX;
        if (this.#prefix[1] === ERROR) this.error = printable(input.subarray(at, length));
      }
      const count = Math.min(this.#left, length - at);
      this.#left -= count;
      at += count;
      if (this.#left === 0 && (this.#prefix[1] === METHOD_RETURN || this.#prefix[1] === ERROR)) {
        complete = true;
        this.size = bodyLength(this.#prefix);
      }
    }
    return complete;
  }
}

function printable(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 300))
    .toString('latin1')
    .replace(/[^ -~]+/g, ' ');
}
