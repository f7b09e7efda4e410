import { FrameDecoder } from '../codec/framing.ts';
import { decodeHeader, encodeMessage } from '../codec/header.ts';
import type { Message, OutgoingMessage } from '../codec/message.ts';
import { AuthenticationError, ProtocolError } from '../errors.ts';
import { Authentication, GREETING } from './authentication.ts';
import { closeDescriptors, DescriptorQueue } from './descriptor-queue.ts';
import { Output } from './output.ts';
import type { PassedDescriptors, Transport, TransportEvents } from './transport.ts';

/** What is done with what comes in. */
export interface ConnectionEvents {
  /** The server has let us in. */
  authenticated(serverId: string): void;
  /** Told how many milliseconds a message took. */
  took?: ((message: Message, milliseconds: number) => void) | undefined;
  /**
   * A message, valid during the call only.
   * @param descriptors that belong to it, for whoever is called to close; undefined when this process could not take
   * all of them
   */
  message(message: Message, descriptors: readonly number[] | undefined): void;
  /** It is over. Called once, and not from inside one of the connection's methods. */
  closed(reason: Error): void;
}

/** Bytes and milliseconds; see {@link BusOptions}. */
export interface ConnectionLimits {
  readonly maximumCall: number;
  readonly maximumOutput: number;
  readonly outputTimeout: number;
}

/** A connection to a bus: authentication, then messages with their descriptors in both directions. */
export class Connection implements TransportEvents {
  readonly #transport: Transport;
  readonly #events: ConnectionEvents;
  readonly #maximumOutput: number;
  readonly #output: Output;
  readonly #frames: FrameDecoder;
  readonly #descriptors = new DescriptorQueue();
  #authentication: Authentication | undefined = new Authentication();
  #serial = 0;
  #over: Error | undefined;

  constructor(transport: Transport, limits: ConnectionLimits, events: ConnectionEvents) {
    const { maximumOutput, outputTimeout } = limits;
    this.#transport = transport;
    this.#events = events;
    this.#maximumOutput = maximumOutput;
    this.#output = new Output(transport, outputTimeout, () =>
      this.destroy(new ProtocolError(`the bus has not read what it was sent within ${outputTimeout} ms`)),
    );
    this.#frames = new FrameDecoder(limits.maximumCall);
    transport.start(this);
    transport.send(GREETING);
  }

  /** False when it is over. */
  get open(): boolean {
    return this.#over === undefined;
  }

  /** The serial of the next message: never 0, and the same again only after 2^32 messages. */
  nextSerial(): number {
    this.#serial = this.#serial === 0xffffffff ? 1 : this.#serial + 1;
    return this.#serial;
  }

  /**
   * Sends a message. Its descriptors are the connection's from now on, which closes them when they are sent or never
   * will be.
   */
  send(message: OutgoingMessage, serial: number = this.nextSerial()): void {
    if (this.#over !== undefined) {
      closeDescriptors(message.descriptors);
      return;
    }
    this.#output.write(encodeMessage(message, serial), message.descriptors);
    if (this.#output.waiting > this.#maximumOutput) {
      this.destroy(new ProtocolError(`the bus has left ${this.#output.waiting} bytes unread`));
    }
  }

  /** Ends it after what was sent is out. */
  end(reason: Error): void {
    if (this.#over !== undefined) return;
    this.#output.flush();
    this.#end(reason);
    this.#transport.end();
  }

  /** Ends it at once. */
  destroy(reason: Error): void {
    this.#end(reason);
    this.#transport.destroy();
  }

  data(chunk: Uint8Array, descriptors?: PassedDescriptors): void {
    if (this.#over !== undefined) {
      if (descriptors !== undefined) closeDescriptors(descriptors.numbers);
      return;
    }
    this.#guarded(() => {
      if (descriptors !== undefined) this.#descriptors.push(descriptors);
      const messages = this.#authentication === undefined ? chunk : this.#authenticate(this.#authentication, chunk);
      if (messages === undefined) return;
      this.#frames.push(messages);
      if (!this.#takeMessages()) this.#takeLater();
    });
  }

  drain(): void {
    this.#output.drained();
  }

  closed(cause?: Error): void {
    this.#output.close();
    this.#end(new Error('the connection to the bus was lost', { cause }));
  }

  #authenticate(authentication: Authentication, chunk: Uint8Array): Uint8Array | undefined {
    const rest = authentication.push(chunk);
    if (rest === undefined) return undefined;
    this.#authentication = undefined;
    this.#events.authenticated(authentication.serverId as string);
    return rest;
  }

  /** What is wrong with what the bus says ends the connection. */
  #guarded(take: () => void): void {
    try {
      take();
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof AuthenticationError)) throw error;
      this.destroy(error);
    }
    this.#output.flush();
  }

  /** Hands on the messages that are complete. False when it has taken its time and some are left. */
  #takeMessages(): boolean {
    let now = performance.now();
    const end = now + TURN;
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
      const message = decodeHeader(frame.bytes, frame.bodyKept);
      this.#events.message(
        message,
        message.descriptorCount === 0 ? NONE : this.#descriptors.take(message.descriptorCount),
      );
      const start = now;
      now = performance.now();
      this.#events.took?.(message, now - start);
      if (this.#over !== undefined) return true;
      if (now < end || this.#frames.empty) continue;
      this.#frames.hold();
      return false;
    }
    this.#frames.hold();
    // They come with the first byte of their message, so here they are of one that did not say that it had any.
    if (this.#frames.empty && !this.#descriptors.empty) throw new ProtocolError('descriptors came without a message');
    return true;
  }

  /** Everybody on the bus comes over this connection; others have connections of their own, and their turn first. */
  #takeLater(): void {
    this.#transport.pause();
    setImmediate(() => {
      if (this.#over !== undefined) return;
      this.#guarded(() => {
        if (this.#takeMessages()) this.#transport.resume();
        else this.#takeLater();
      });
    });
  }

  #end(reason: Error): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    this.#descriptors.close();
    process.nextTick(() => this.#events.closed(reason));
  }
}

const NONE: readonly number[] = [];
/** Milliseconds for the messages of one turn of the event loop. One read can bring a hundred calls. */
const TURN = 2;
