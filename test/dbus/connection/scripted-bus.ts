import { FrameDecoder } from '../../../src/dbus/codec/framing.ts';
import { decodeHeader } from '../../../src/dbus/codec/header.ts';
import type { Message } from '../../../src/dbus/codec/message.ts';
import { Bus } from '../../../src/dbus/connection/bus.ts';
import type { BusOptions } from '../../../src/dbus/connection/bus-options.ts';
import type { PassedDescriptors, Transport, TransportEvents } from '../../../src/dbus/connection/transport.ts';
import { referenceBody, referenceMessage } from '../codec/reference-encoder.ts';

/** The id of the server that it says it is. */
export const serverId = '00112233445566778899aabbccddeeff';

/**
 * The other end of a connection, which says what no real bus would: it is the transport itself. Up to Hello it is as it
 * should be, where nothing else is asked for.
 */
export class ScriptedBus implements Transport {
  readonly received: Message[] = [];
  /** It is not to say anything. */
  paused = false;
  destroyed = false;
  /** What it answers to authentication. */
  greeting = `DATA\r\nOK ${serverId}\r\nAGREE_UNIX_FD\r\n`;
  /** What it answers to Hello; undefined: nothing. */
  hello: ((serial: number) => Buffer) | undefined = (serial) => answer(serial, 's', [':1.7']);
  #events: TransportEvents | undefined;
  readonly #frames = new FrameDecoder(1 << 26);
  #greeted = false;

  /** A connection to it. */
  connect(options: Partial<BusOptions> = {}): Promise<Bus> {
    const addresses = [{ socket: { path: '/none' }, guid: undefined }];
    return Bus.connect({ addresses, connect: () => this, ...options });
  }

  start(events: TransportEvents): void {
    this.#events = events;
  }

  send(bytes: Uint8Array): boolean {
    if (!this.#greeted) {
      this.#greeted = true;
      setImmediate(() => this.say(Buffer.from(this.greeting)));
      return true;
    }
    this.#frames.push(bytes);
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
      const message = decodeHeader(Buffer.from(frame.bytes), true);
      this.received.push(message);
      const { hello } = this;
      if (message.member === 'Hello' && hello !== undefined) setImmediate(() => this.say(hello(message.serial)));
    }
    this.#frames.hold();
    return true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    process.nextTick(() => this.#events?.closed());
  }

  /** Says bytes to the connection, which is done with them when this returns. */
  say(bytes: Uint8Array, descriptors?: PassedDescriptors): void {
    this.#events?.data(bytes, descriptors);
  }
}

/** A reply of the bus. */
export function answer(replySerial: number, signature: string, values: readonly unknown[]): Buffer {
  const fields: [number, string, unknown][] = [
    [5, 'u', replySerial],
    [7, 's', 'org.freedesktop.DBus'],
  ];
  if (signature !== '') fields.push([8, 'g', signature]);
  return referenceMessage({ type: 2, serial: 1 }, fields, referenceBody(signature, values, true), true);
}

/** A method call from `:1.9`, with any body and count of descriptors. */
export function callWith(signature: string, body: Uint8Array, count = 0, serial = 5): Buffer {
  const fields: [number, string, unknown][] = [
    [1, 'o', '/'],
    [3, 's', 'M'],
    [7, 's', ':1.9'],
  ];
  if (signature !== '') fields.push([8, 'g', signature]);
  if (count > 0) fields.push([9, 'u', count]);
  return referenceMessage({ type: 1, serial }, fields, body, true);
}
