import type { ClientConnection, PendingCall } from './client-connection.ts';
import { closeDescriptors } from './close-descriptors.ts';
import { VarlinkError } from './errors.ts';
import type { ReplyMessage } from './message.ts';

export interface CallOptions {
  /** Milliseconds to wait for a reply; of a stream, for each. Without it there is no limit. */
  readonly timeout?: number;
  /** Gives the call up. */
  readonly signal?: AbortSignal;
  /**
   * Descriptors that go with the call, by SCM_RIGHTS (unix(7)), 253 at most. They are the client's from now on, which
   * closes them when they are sent or never will be. A TypeError rejects the call where the transport passes none, as
   * that of node:net.
   */
  readonly descriptors?: readonly number[];
  /**
   * Is given the descriptors that came with a reply, before the reply is; they are its to close. Without it those that the
   * service sends are closed. A TypeError rejects the call where the transport passes none.
   */
  readonly take?: (descriptors: readonly number[]) => void;
}

/** @private The parameters of a reply; throws the error of an error reply. */
export function replyParameters(reply: ReplyMessage, take: CallOptions['take']): Record<string, unknown> {
  const { error, parameters, descriptors } = reply;
  if (descriptors !== undefined) {
    if (error === undefined && take !== undefined) take(descriptors);
    else closeDescriptors(descriptors);
  }
  if (error !== undefined) throw new VarlinkError(error, parameters);
  return parameters;
}

/**
 * @private Replies that came in and were not taken yet. When they get many the connection is paused: the service then
 * stops when its own buffers are full.
 */
export class ReplyQueue implements PendingCall {
  readonly more: boolean;
  readonly #connection: ClientConnection;
  readonly #replies: ReplyMessage[] = [];
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  #left = false;

  constructor(connection: ClientConnection, more: boolean) {
    this.#connection = connection;
    this.more = more;
  }

  reply(message: ReplyMessage): void {
    if (this.#left) {
      if (message.descriptors !== undefined) closeDescriptors(message.descriptors);
      return;
    }
    this.#replies.push(message);
    if (this.#replies.length === highWater) this.#connection.pause();
    this.#wake?.();
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#wake?.();
  }

  /** The next reply. Rejected when the connection is over, the time is up or the signal aborts. */
  async next({ timeout, signal }: CallOptions): Promise<ReplyMessage> {
    signal?.throwIfAborted();
    if (this.#replies.length === 0 && this.#failure === undefined) await this.#arrival(timeout, signal);
    const reply = this.#replies.shift();
    if (reply === undefined) throw this.#failure ?? new Error('unreachable: woken without a reply');
    if (this.#replies.length === 0) this.#connection.resume();
    return reply;
  }

  /** Nobody takes a reply any more. */
  leave(): void {
    this.#left = true;
    for (const { descriptors } of this.#replies.splice(0)) if (descriptors !== undefined) closeDescriptors(descriptors);
  }

  #arrival(timeout: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#wake = undefined;
      };
      const giveUp = (reason: unknown) => {
        done();
        reject(reason);
      };
      const abort = () => giveUp(signal?.reason);
      const expire = () => giveUp(new DOMException(`no reply within ${timeout} ms`, 'TimeoutError'));
      const timer = timeout === undefined ? undefined : setTimeout(expire, timeout);
      signal?.addEventListener('abort', abort, { once: true });
      this.#wake = () => {
        done();
        resolve();
      };
    });
  }
}

const highWater = 64;
