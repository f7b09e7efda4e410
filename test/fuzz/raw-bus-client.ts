import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { FrameDecoder } from '../../src/dbus/codec/framing.ts';
import { decodeHeader } from '../../src/dbus/codec/header.ts';
import type { Message } from '../../src/dbus/codec/message.ts';
import { Authentication, GREETING } from '../../src/dbus/connection/authentication.ts';
import { referenceMessage } from '../dbus/codec/reference-encoder.ts';

/** The serial of every message that is sent, after Hello's. */
export const SERIAL = 7;

/** A client of a bus that sends bytes as they are. What no bus would pass on ends its connection. */
export class RawBusClient {
  readonly #socket: Socket;
  readonly #frames = new FrameDecoder(1 << 26);
  #heard: ((message: Message | undefined) => void) | undefined;

  /** Connects and says Hello. */
  static async connect(path: string): Promise<RawBusClient> {
    const socket = createConnection(path);
    await once(socket, 'connect');
    const client = new RawBusClient(socket);
    const welcome = client.#next(({ replySerial }) => replySerial === 1, 5000);
    socket.write(GREETING);
    const bus = 'org.freedesktop.DBus';
    const fields: [number, string, string][] = [
      [1, 'o', '/'],
      [2, 's', bus],
      [3, 's', 'Hello'],
      [6, 's', bus],
    ];
    socket.write(referenceMessage({ type: 1, serial: 1 }, fields, Buffer.alloc(0), true));
    if ((await welcome)?.type !== 2) throw new Error('the bus does not answer Hello');
    return client;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    const authentication = new Authentication();
    let greeted = false;
    socket.on('data', (chunk) => {
      let bytes: Uint8Array | undefined = chunk;
      if (!greeted) {
        bytes = authentication.push(chunk);
        if (bytes === undefined) return;
        greeted = true;
      }
      this.#frames.push(bytes);
      for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
        this.#heard?.(decodeHeader(Buffer.from(frame.bytes), frame.bodyKept));
      }
      this.#frames.hold();
    });
    socket.on('error', () => {}).on('close', () => this.#heard?.(undefined));
  }

  get open(): boolean {
    return !this.#socket.destroyed;
  }

  /**
   * Sends bytes, and gives what answers {@link SERIAL}; undefined when the bus has hung up.
   * @param patience milliseconds until it throws
   */
  ask(bytes: Buffer, patience: number): Promise<Message | undefined> {
    const reply = this.#next(({ replySerial }) => replySerial === SERIAL, patience);
    this.#socket.write(bytes);
    return reply;
  }

  /** Sends bytes that may be anything, and then nothing for the bus to wait for. */
  say(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  close(): void {
    this.#socket.destroy();
  }

  #next(wanted: (message: Message) => boolean, patience: number): Promise<Message | undefined> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`there is no answer for ${patience} ms`)), patience);
      this.#heard = (message) => {
        if (message !== undefined && !wanted(message)) return;
        clearTimeout(timer);
        resolve(message);
      };
      if (!this.open) this.#heard(undefined);
    });
  }
}
