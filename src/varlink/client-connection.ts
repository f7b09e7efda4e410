import { ConnectionError, ProtocolError } from './errors.ts';
import { MessageDecoder } from './framing.ts';
import { parseReply, type ReplyMessage } from './message.ts';
import { Output } from './output.ts';
import type { Transport, TransportEvents } from './transport.ts';

/** @private A call that waits for its reply, or for several. */
export interface PendingCall {
  /** It was made with `more`. */
  readonly more: boolean;
  reply(message: ReplyMessage): void;
  /** The connection is over and there will be no reply. */
  fail(error: Error): void;
}

/** @private The client's end of a connection: replies go to the calls in the order in which those were made. */
export class ClientConnection implements TransportEvents {
  readonly #transport: Transport;
  readonly #output: Output;
  readonly #decoder = new MessageDecoder();
  readonly #pending: PendingCall[] = [];
  /** Fulfilled with the reason when the connection is over. */
  readonly over: Promise<Error>;
  #tellOver: (reason: Error) => void = () => {};
  #over: Error | undefined;
  #paused = false;
  #reading = false;

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

  /** Sends a call. Without `pending` there is no reply. Throws the reason when the connection is over. */
  send(text: string, pending?: PendingCall): void {
    if (this.#over !== undefined) {
      throw new ConnectionError('the connection is over', { cause: this.#over });
    }
    if (pending !== undefined) this.#pending.push(pending);
    this.#output.write(text);
    this.#output.flush();
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

  data(chunk: Uint8Array): void {
    if (this.#over !== undefined) return;
    this.#decoder.push(chunk);
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
    this.#end(new ConnectionError('the connection was lost', { cause }));
  }

  #deliver(): void {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.#paused && this.#over === undefined) {
        const bytes = this.#decoder.next();
        if (bytes === undefined) break;
        this.#take(parseReply(bytes));
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

  #end(reason: Error): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    this.#tellOver(reason);
    for (const pending of this.#pending.splice(0)) pending.fail(reason);
  }
}
