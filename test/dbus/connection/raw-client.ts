import { decodeBody } from '../../../src/dbus/codec/body-decoder.ts';
import { FrameDecoder } from '../../../src/dbus/codec/framing.ts';
import { decodeHeader } from '../../../src/dbus/codec/header.ts';
import type { Message } from '../../../src/dbus/codec/message.ts';
import { parseBusAddress } from '../../../src/dbus/connection/address.ts';
import { Authentication, GREETING } from '../../../src/dbus/connection/authentication.ts';
import type { PassedDescriptors, Transport } from '../../../src/dbus/connection/transport.ts';
import { connectSocket } from '../../support/bus.ts';
import { referenceBody, referenceMessage } from '../codec/reference-encoder.ts';

/** A message that came in, with its values. */
export interface Received extends Omit<Message, 'body'> {
  readonly values: readonly unknown[];
}

/** A client of a bus that sends whatever bytes it likes. */
export class RawClient {
  readonly received: Received[] = [];
  /** All descriptors that came, in their order; they are closed by nobody else. */
  readonly descriptors: number[] = [];
  readonly transport: Transport;
  closed = false;
  #authentication: Authentication | undefined = new Authentication();
  readonly #frames = new FrameDecoder(1 << 26);
  #serial = 0;
  #wake: () => void = () => {};

  static async connect(address: string): Promise<RawClient> {
    const [first] = parseBusAddress(address);
    if (first === undefined) throw new Error('no address');
    const client = new RawClient(await connectSocket(first.socket));
    client.transport.send(GREETING);
    const serial = client.call({ destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', member: 'Hello' });
    await client.reply(serial);
    return client;
  }

  constructor(transport: Transport) {
    this.transport = transport;
    transport.start({
      data: (chunk, descriptors) => this.#data(chunk, descriptors),
      drain: () => {},
      closed: () => {
        this.closed = true;
        this.#wake();
      },
    });
  }

  nextSerial(): number {
    return ++this.#serial;
  }

  /** Sends a call, whatever is in it, and gives its serial. */
  call(call: RawCall): number {
    const serial = this.nextSerial();
    const { littleEndian = true, signature = '', body = [], descriptors = [] } = call;
    const fields: [number, string, unknown][] = [
      [6, 's', call.destination],
      [1, 'o', call.path ?? '/'],
      [2, 's', call.interface ?? 'org.freedesktop.DBus'],
      [3, 's', call.member],
    ];
    if (signature !== '') fields.push([8, 'g', signature]);
    if (descriptors.length > 0) fields.push([9, 'u', descriptors.length]);
    const bytes = referenceBody(signature, body, littleEndian);
    const message = referenceMessage({ type: 1, flags: call.flags ?? 0, serial }, fields, bytes, littleEndian);
    this.transport.send(message, descriptors.length > 0 ? descriptors : undefined);
    return serial;
  }

  /** The answer to a call. Rejected when the connection ends before. */
  async reply(serial: number): Promise<Received> {
    return this.find(({ replySerial }) => replySerial === serial);
  }

  /** The first message that is so, when it comes. */
  async find(condition: (message: Received) => boolean): Promise<Received> {
    for (let seen = 0; ; ) {
      for (; seen < this.received.length; seen++) {
        const message = this.received[seen] as Received;
        if (condition(message)) return message;
      }
      if (this.closed) throw new Error('the bus closed the connection');
      await new Promise<void>((resolve) => {
        const previous = this.#wake;
        this.#wake = () => {
          previous();
          resolve();
        };
      });
    }
  }

  #data(chunk: Uint8Array, passed: PassedDescriptors | undefined): void {
    this.descriptors.push(...(passed?.numbers ?? []));
    let rest: Uint8Array | undefined = chunk;
    if (this.#authentication !== undefined) {
      rest = this.#authentication.push(chunk);
      if (rest === undefined) return;
      this.#authentication = undefined;
    }
    this.#frames.push(rest);
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
      const { body, ...header } = decodeHeader(frame.bytes, frame.bodyKept);
      const indexes = Array.from({ length: header.descriptorCount }, (_, index) => index);
      const values = decodeBody(header.signature, body as Buffer, header.littleEndian, indexes);
      this.received.push({ ...header, values });
    }
    this.#frames.hold();
    const wake = this.#wake;
    this.#wake = () => {};
    wake();
  }
}

/** A method call of any kind; the descriptors are closed when they are sent. `h` is an index. */
export interface RawCall {
  readonly destination: string;
  readonly path?: string;
  readonly interface?: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
  readonly flags?: number;
  readonly littleEndian?: boolean;
  readonly descriptors?: readonly number[];
}
