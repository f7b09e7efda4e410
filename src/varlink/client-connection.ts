import { closeDescriptors } from './close-descriptors.ts';
import { DescriptorInput } from './descriptor-input.ts';
import { ConnectionError, ProtocolError } from './errors.ts';
import { MessageDecoder } from './framing.ts';
import { parseReply, type ReplyMessage } from './message.ts';
import { Output } from './output.ts';
import type { ArrivedDescriptors, Transport, TransportEvents } from './transport.ts';

/** @private A call that waits for its reply, or for several. */
export interface PendingCall {
  /** It was made with `more`. */
  readonly more: boolean;
  /** The descriptors of the message are the call's from now on. */
  reply(message: ReplyMessage): void;
  /** The connection is over and there will be no reply. */
  fail(error: Error): void;
}

/** @private The client's end of a connection: replies go to the calls in the order in which those were made. */
export class ClientConnection implements TransportEvents {
  readonly #transport: Transport;
  readonly #output: Output;
  readonly #decoder = new MessageDecoder();
  readonly #descriptors = new DescriptorInput(MAXIMUM_DESCRIPTORS);
  readonly #pending: PendingCall[] = [];
  /** Fulfilled with the reason when the connection is over. */
  readonly over: Promise<Error>;
  #tellOver: (reason: Error) => void = () => {};
  #over: Error | undefined;
  #paused = false;
  #reading = false;
  #takesDescriptors = false;

  constructor(transport: Transport) {
    this.#transport = transport;
    this.#output = new Output(transport);
    this.over = new Promise((resolve) => {
      this.#tellOver = resolve;
    });
    transport.start(this);
  }

  get open(): boolean {
    return this.#over === undefined;
  }

  /**
   * Sends a call. Without `pending` there is no reply. Throws the reason when the connection is over.
   * @param descriptors as of `CallOptions`; when this throws they are still the caller's
   */
  send(text: string, pending?: PendingCall, descriptors: readonly number[] = []): void {
    if (this.#over !== undefined) {
      throw new ConnectionError('the connection is over', { cause: this.#over });
    }
    if (descriptors.length > 0) this.#checkPassing();
    if (descriptors.length > MAXIMUM_DESCRIPTORS) {
      throw new RangeError(`a call has at most ${MAXIMUM_DESCRIPTORS} descriptors`);
    }
    if (pending !== undefined) this.#pending.push(pending);
    this.#output.write(text, descriptors.length > 0 ? descriptors : undefined);
    this.#output.flush();
  }

  /** From now on descriptors come with replies. Throws a TypeError where the transport passes none. */
  takeDescriptors(): void {
    this.#checkPassing();
    if (this.#takesDescriptors) return;
    this.#takesDescriptors = true;
    this.#transport.takeDescriptors?.();
  }

  /** Stops the delivery of replies, so that whoever cannot take more is not given more. */
  pause(): void {
    this.#paused = true;
    this.#transport.pause();
  }

  resume(): void {
    if (!this.#paused || this.#over !== undefined) return;
    this.#paused = false;
    this.#transport.resume();
    this.#deliver();
  }

  /** Ends the connection at once; calls without a reply fail with `reason`. */
  destroy(reason: Error): void {
    this.#end(reason);
    this.#transport.destroy();
  }

  /** Ends the connection after what was sent is out. */
  close(): void {
    this.#end(new ConnectionError('the connection was closed'));
    this.#output.end();
  }

  data(chunk: Uint8Array, descriptors?: ArrivedDescriptors): void {
    if (this.#over !== undefined) {
      if (descriptors !== undefined) closeDescriptors(descriptors.numbers);
      return;
    }
    this.#decoder.push(chunk);
    try {
      this.#descriptors.read(chunk.length, descriptors);
    } catch (error) {
      this.destroy(error as Error);
      return;
    }
    this.#deliver();
    this.#decoder.hold();
  }

  drain(): void {
    this.#output.drained();
    this.#output.flush();
  }

  ended(): void {
    // While paused there may be replies left to deliver.
    if (this.#paused) this.resume();
    this.destroy(new ConnectionError('the service closed the connection'));
  }

  closed(cause?: Error): void {
    this.#output.discard();
    this.#end(new ConnectionError('the connection was lost', { cause }));
  }

  #deliver(): void {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.#paused && this.#over === undefined) {
        const bytes = this.#decoder.next();
        if (bytes === undefined) break;
        const descriptors = this.#descriptors.take(this.#decoder.length);
        try {
          const message = parseReply(bytes);
          this.#take(descriptors.length > 0 ? { ...message, descriptors } : message);
        } catch (error) {
          closeDescriptors(descriptors);
          throw error;
        }
      }
    } catch (error) {
      this.destroy(error instanceof Error ? error : new ProtocolError(String(error)));
    } finally {
      this.#reading = false;
    }
  }

  #take(message: ReplyMessage): void {
    const pending = this.#pending[0];
    if (pending === undefined) throw new ProtocolError('there is a reply without a call');
    if (message.continues && !pending.more) throw new ProtocolError('there are more replies than asked for');
    if (!message.continues) this.#pending.shift();
    pending.reply(message);
  }

  #checkPassing(): void {
    if (this.#transport.takeDescriptors !== undefined) return;
    throw new TypeError('the transport passes no descriptors: node:net cannot');
  }

  #end(reason: Error): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    this.#descriptors.close();
    this.#tellOver(reason);
    for (const pending of this.#pending.splice(0)) pending.fail(reason);
  }
}

/** What the kernel passes with one piece (SCM_MAX_FD of Linux). */
const MAXIMUM_DESCRIPTORS = 253;
