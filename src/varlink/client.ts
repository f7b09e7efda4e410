import { parseAddress } from './address.ts';
import { ClientConnection } from './client-connection.ts';
import { closeDescriptors } from './close-descriptors.ts';
import type { MethodsOf } from './description.ts';
import { ConnectionError } from './errors.ts';
import { InterfaceClient } from './interface-client.ts';
import { formatCall } from './message.ts';
import { connect } from './net-transport.ts';
import { type CallOptions, ReplyQueue, replyParameters } from './pending.ts';
import type { Transport } from './transport.ts';

/**
 * A connection to a Varlink service. Calls may be made without waiting for the replies to earlier ones; the service
 * answers in order.
 *
 * Calls are rejected with a `VarlinkError` when the service gives an error, a `ConnectionError` when the connection
 * ends before the reply, a `ProtocolError` when what comes is not Varlink, a `TimeoutError` DOMException when the time
 * is up, and the signal's reason when that aborts. The last two leave the connection usable: the late reply is dropped.
 */
export class VarlinkClient {
  readonly #connection: ClientConnection;

  /** A client over a connected transport. */
  constructor(transport: Transport) {
    this.#connection = new ClientConnection(transport);
  }

  /**
   * Connects to `unix:/path`, `/path` or `unix:@name`. Rejected with a TypeError for other addresses, with a
   * `ConnectionError` when there is nobody, and with the signal's reason when that aborts.
   */
  static async connect(address: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<VarlinkClient> {
    const socket = parseAddress(address);
    signal?.throwIfAborted();
    try {
      return new VarlinkClient(await connect(socket, signal));
    } catch (cause) {
      signal?.throwIfAborted();
      throw new ConnectionError(`cannot connect to ${address}: ${(cause as Error).message}`, { cause });
    }
  }

  /** False after `close`, and after the connection was lost. */
  get open(): boolean {
    return this.#connection.open;
  }

  /** Fulfilled when the connection is over, with the reason, whoever ended it. */
  get closed(): Promise<Error> {
    return this.#connection.over;
  }

  /** Calls a method by its full name and gives the parameters of the reply. */
  async call(method: string, parameters: object = {}, options: CallOptions = {}): Promise<Record<string, unknown>> {
    const queue = new ReplyQueue(this.#connection, false);
    this.#send(method, parameters, queue, options);
    try {
      return replyParameters(await queue.next(options), options.take);
    } finally {
      queue.leave();
    }
  }

  /**
   * Calls a method with `more` and gives the parameters of each reply; the call is made when the first is asked for.
   *
   * Varlink has no way to tell a service to stop, so that leaving the loop before the last reply, and giving up by time
   * or signal, closes the connection and fails the other calls on it: give a subscription a client of its own. A reader
   * that is slower than the service slows the service down, and other calls on the connection with it.
   */
  async *stream(
    method: string,
    parameters: object = {},
    options: CallOptions = {},
  ): AsyncGenerator<Record<string, unknown>, void, void> {
    const queue = new ReplyQueue(this.#connection, true);
    this.#send(method, parameters, queue, options);
    let last = false;
    try {
      while (!last) {
        const reply = await queue.next(options);
        last = !reply.continues;
        yield replyParameters(reply, options.take);
      }
    } finally {
      queue.leave();
      if (!last) this.#connection.destroy(new ConnectionError('a stream on the connection was left before its end'));
    }
  }

  /** Calls a method that is not to answer: there is no telling whether it did anything. */
  oneway(method: string, parameters: object = {}): void {
    this.#connection.send(formatCall(method, parameters, 'oneway'));
  }

  /** The methods of one interface, typed by its generated description, with their replies checked against it. */
  use<Text extends string>(description: Text): InterfaceClient<MethodsOf<Text>> {
    return new InterfaceClient(this, description);
  }

  /** Ends the connection; calls without a reply are rejected. */
  close(): void {
    this.#connection.close();
  }

  #send(method: string, parameters: object, queue: ReplyQueue, { signal, descriptors, take }: CallOptions): void {
    try {
      signal?.throwIfAborted();
      if (take !== undefined) this.#connection.takeDescriptors();
      this.#connection.send(formatCall(method, parameters, queue.more ? 'more' : undefined), queue, descriptors);
    } catch (error) {
      if (descriptors !== undefined) closeDescriptors(descriptors);
      throw error;
    }
  }
}
