import { closeSync } from 'node:fs';
import { connectTo, Readiness, receive, sendAll } from '../load/sockets.ts';
import {
  decodeMessage,
  ERROR,
  encodeCall,
  METHOD_RETURN,
  type Message,
  messageLength,
  PREFIX,
  setSerial,
} from './message.ts';

/**
 * Makes a new connection to a bus ready for messages: authentication as the user that this process is (D-Bus
 * Specification, "Authentication Protocol"), then Hello. Gives the unique name. Blocks.
 */
export function enterBus(fd: number): string {
  const uid = Buffer.from(`${process.getuid?.()}`).toString('hex');
  sendAll(fd, Buffer.from(`\0AUTH EXTERNAL ${uid}\r\n`));
  const input = new Uint8Array(1024);
  const answer = Buffer.from(input.subarray(0, receive(fd, input))).toString('latin1');
  if (!/^OK [^\r]*\r\n$/.test(answer)) throw new Error(`the bus does not let us in: ${answer.trim()}`);
  sendAll(fd, Buffer.from('BEGIN\r\n'));
  const { body } = exchange(fd, encodeCall(BUS, '/org/freedesktop/DBus', [BUS, 'Hello']), 1);
  return Buffer.from(body.subarray(4, body.length - 1)).toString();
}

/** A client that blocks, with one call at a time. */
export class BusConnection {
  readonly uniqueName: string;
  readonly #fd: number;
  readonly #ready = new Readiness();
  #serial = 1;

  constructor(socket: string) {
    this.#fd = connectTo(socket);
    this.#ready.add(this.#fd, 0);
    this.uniqueName = enterBus(this.#fd);
  }

  /** Sends a call and gives its reply, an error or not. Throws when nothing comes for ten seconds. */
  ask(call: Uint8Array): Message {
    this.#serial += 1;
    return exchange(this.#fd, call, this.#serial, () => {
      if (this.#ready.wait(10_000) === 0) throw new Error('no reply for 10 s over the bus');
    });
  }

  close(): void {
    closeSync(this.#fd);
  }
}

const BUS = 'org.freedesktop.DBus';

// Signals, such as NameAcquired, are passed over.
function exchange(fd: number, call: Uint8Array, serial: number, wait: () => void = () => {}): Message {
  setSerial(call, serial);
  sendAll(fd, call);
  for (;;) {
    const prefix = read(fd, new Uint8Array(PREFIX), wait);
    const whole = new Uint8Array(messageLength(prefix));
    whole.set(prefix);
    read(fd, whole.subarray(PREFIX), wait);
    const message = decodeMessage(whole);
    if (message.type === METHOD_RETURN || message.type === ERROR) return message;
  }
}

function read(fd: number, buffer: Uint8Array, wait: () => void): Uint8Array {
  for (let have = 0; have < buffer.length; ) {
    wait();
    const length = receive(fd, buffer.subarray(have));
    if (length === 0) throw new Error('the bus closed the connection');
    have += length;
  }
  return buffer;
}
