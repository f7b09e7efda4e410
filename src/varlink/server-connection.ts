import { RunningCall } from './call.ts';
import { expectedMore, invalidParameter, methodNotFound, methodNotImplemented, VarlinkError } from './errors.ts';
import { MessageDecoder } from './framing.ts';
import type { ImplementedMethod } from './implementation.ts';
import { type CallMessage, formatError, formatReply, parseCall } from './message.ts';
import { isPromise, isReplies, type Replies } from './outcome.ts';
import { Output } from './output.ts';
import type { Transport, TransportEvents } from './transport.ts';

/** @private What a connection needs of the server it belongs to. */
export interface ConnectionOwner {
  /** The server's clock. */
  readonly now: number;
  findMethod(name: string): ImplementedMethod | undefined;
  /** The error for the peer, or undefined when there is no telling: then the connection is closed. */
  internalError(error: unknown, call: RunningCall): VarlinkError | undefined;
  closed(connection: ServerConnection): void;
}

/**
 * @private The server's end of a connection. One call is under way at a time and those behind it wait as bytes, so that
 * replies are in order and a peer cannot make a queue grow: over a limit the transport is paused.
 */
export class ServerConnection implements TransportEvents {
  /** The server's time when the last call was answered, replies went out, or the peer had taken all of them. */
  activeAt: number;
  readonly #transport: Transport;
  readonly #owner: ConnectionOwner;
  readonly #decoder = new MessageDecoder();
  readonly #output: Output;
  #call: RunningCall | undefined;
  /** Where the replies of the call come from, when it has several. */
  #stream: Replies | undefined;
  /** The stream has been asked for a reply that is not there yet. */
  #waiting = false;
  #advancing = false;
  #paused = false;
  /** The peer sends no more. */
  #ended = false;
  /** No call is taken any more: the connection is closed, or is being closed. */
  #over = false;
  #closed = false;

  constructor(transport: Transport, owner: ConnectionOwner) {
    this.#transport = transport;
    this.#owner = owner;
    this.#output = new Output(transport);
    this.activeAt = owner.now;
  }

  start(): void {
    this.#transport.start(this);
  }

  /** The peer does not read what it was sent. */
  get blocked(): boolean {
    return this.#output.blocked;
  }

  /** A call is under way. */
  get busy(): boolean {
    return this.#call !== undefined;
  }

  data(chunk: Uint8Array): void {
    if (this.#over) return;
    this.#decoder.push(chunk);
    this.#advance();
    this.#decoder.hold();
  }

  drain(): void {
    this.#output.drained();
    this.activeAt = this.#owner.now;
    this.#advance();
  }

  ended(): void {
    this.#ended = true;
    // A peer that has gone altogether looks the same from here, and a subscription would never find out.
    if (this.#stream !== undefined) this.destroy();
    else this.#advance();
  }

  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#over = true;
    this.#output.discard();
    this.#abandonCall();
    this.#owner.closed(this);
  }

  /** Ends the connection: replies that were given still go out, a call under way gets none. */
  end(): void {
    this.#over = true;
    this.#abandonCall();
    this.#transport.end();
  }

  destroy(): void {
    this.#transport.destroy();
    this.closed();
  }

  /** Goes on for as long as calls are answered at once and the peer reads the replies. */
  #advance(): void {
    if (this.#advancing || this.#over) return;
    this.#advancing = true;
    while (!this.#over && !this.#output.blocked) {
      if (this.#stream !== undefined) {
        if (this.#waiting || !this.#pull(this.#stream)) break;
      } else if (this.#call !== undefined || !this.#takeCall()) {
        break;
      }
      if (this.#output.full) {
        this.#flush();
        if (this.#stream !== undefined) {
          // A stream may be long: others get their turn.
          this.#waiting = true;
          setImmediate(() => this.#continue());
          break;
        }
      }
    }
    this.#advancing = false;
    this.#flush();
    this.#adjustFlow();
  }

  /** False when there is no whole call. */
  #takeCall(): boolean {
    let message: CallMessage;
    try {
      const bytes = this.#decoder.next();
      if (bytes === undefined) return false;
      message = parseCall(bytes);
    } catch {
      // sd-varlink 262 sends the replies to the calls before and closes, without a word.
      this.#flush();
      this.end();
      return false;
    }
    this.#start(message);
    return true;
  }

  #start(message: CallMessage): void {
    const call = new RunningCall(message.method, message.more, message.oneway, this.#transport.peer);
    this.#call = call;
    let outcome: unknown;
    try {
      outcome = this.#ask(message, call);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (isPromise(outcome)) {
      void outcome.then(
        (reply) => this.#settle(call, reply, true),
        (error) => this.#settle(call, error, false),
      );
    } else if (!isReplies(outcome)) {
      this.#finish(outcome);
    } else if (message.more) {
      this.#stream = outcome;
    } else {
      this.#finish(expectedMore());
    }
  }

  #ask({ method: name, parameters }: CallMessage, call: RunningCall): unknown {
    const method = this.#owner.findMethod(name);
    if (method === undefined) return methodNotFound(name);
    const fault = method.check(parameters);
    if (fault !== undefined) return invalidParameter(fault);
    if (method.handler === undefined) return methodNotImplemented(name);
    return method.handler(parameters, call);
  }

  /** The outcome of an asynchronous handler. */
  #settle(call: RunningCall, value: unknown, good: boolean): void {
    if (this.#call !== call) return;
    if (good) this.#finish(value);
    else this.#fail(value);
    this.#advance();
  }

  /** Takes a reply out of the stream. False when it has to be waited for. */
  #pull(stream: Replies): boolean {
    let step: IteratorResult<object, unknown> | Promise<IteratorResult<object, unknown>>;
    try {
      step = stream.next();
    } catch (error) {
      this.#stream = undefined;
      this.#fail(error);
      return true;
    }
    if (!isPromise(step)) {
      this.#takeStep(step);
      return true;
    }
    this.#waiting = true;
    const call = this.#call;
    void step.then(
      (result) => {
        if (this.#call === call) this.#takeStep(result);
        this.#continue();
      },
      (error) => {
        this.#stream = undefined;
        if (this.#call === call) this.#fail(error);
        this.#continue();
      },
    );
    return false;
  }

  #takeStep({ done, value }: IteratorResult<object, unknown>): void {
    if (done) {
      this.#stream = undefined;
      this.#finish(value);
    } else {
      this.#reply(value as object, true);
    }
  }

  #continue(): void {
    this.#waiting = false;
    this.#advance();
  }

  #fail(error: unknown): void {
    const call = this.#call;
    if (call === undefined) return;
    const answer = error instanceof VarlinkError ? error : this.#owner.internalError(error, call);
    if (answer !== undefined) {
      this.#finish(answer);
    } else {
      this.#flush();
      this.end();
    }
  }

  /** Gives the last reply. */
  #finish(outcome: unknown): void {
    if (outcome instanceof VarlinkError) {
      if (this.#call?.oneway === false) this.#output.write(formatError(outcome.error, outcome.parameters));
      this.#endCall();
    } else {
      this.#reply(outcome as object | undefined, false);
    }
  }

  #reply(parameters: object | undefined, continues: boolean): void {
    if (this.#call?.oneway === false) {
      let text: string;
      try {
        text = formatReply(parameters, continues);
      } catch (error) {
        this.#fail(error);
        return;
      }
      this.#output.write(text);
    }
    if (!continues) this.#endCall();
  }

  #endCall(): void {
    this.#leaveStream();
    this.#call = undefined;
    this.activeAt = this.#owner.now;
  }

  #flush(): void {
    this.#output.flush();
    this.activeAt = this.#owner.now;
  }

  #abandonCall(): void {
    this.#call?.abort();
    this.#leaveStream();
    this.#call = undefined;
  }

  /** Lets the handler's generator clean up, when it has not come to its end by itself. */
  #leaveStream(): void {
    const stream = this.#stream;
    const call = this.#call;
    if (stream === undefined || call === undefined) return;
    this.#stream = undefined;
    const report = (error: unknown) => void this.#owner.internalError(error, call);
    try {
      const result: unknown = stream.return(undefined);
      if (isPromise(result)) void result.then(undefined, report);
    } catch (error) {
      report(error);
    }
  }

  /**
   * Bytes that come in during a call are kept up to a limit. The transport is not paused before, because a paused one
   * may not see that the peer has gone.
   */
  #adjustFlow(): void {
    if (this.#over) return;
    if (this.#ended && this.#call === undefined && !this.#output.blocked) {
      this.end();
      return;
    }
    const pause = this.#call !== undefined && this.#decoder.length > 65_536;
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause) this.#transport.pause();
    else this.#transport.resume();
  }
}
