import type { Call } from './call.ts';
import { closeDescriptors } from './close-descriptors.ts';
import { DescriptorInput } from './descriptor-input.ts';
import type { VarlinkError } from './errors.ts';
import { MessageDecoder } from './framing.ts';
import type { ImplementedMethod } from './implementation.ts';
import { type CallMessage, parseCall } from './message.ts';
import { Output } from './output.ts';
import { type ReplySink, RunningCall } from './running-call.ts';
import type { ArrivedDescriptors, Peer, Transport, TransportEvents } from './transport.ts';

/** @private What a connection needs of the server it belongs to. */
export interface ConnectionOwner {
  /** The server's clock. */
  readonly now: number;
  /** The reply to a call of a usual shape: see `Shortcut`. */
  answerAtOnce(call: Buffer): Uint8Array | undefined;
  findMethod(name: string): ImplementedMethod | undefined;
  /** The error for the peer, or undefined when there is no telling: then the connection is closed. */
  internalError(error: unknown, call: Call): VarlinkError | undefined;
  /** Told how many milliseconds it took to start a call, or to get a reply of it. */
  readonly onTurn: ((method: string, milliseconds: number) => void) | undefined;
  closed(connection: ServerConnection): void;
}

/**
 * @private The server's end of a connection. One call is under way at a time and those behind it wait as bytes, so that
 * replies are in order and a peer cannot make a queue grow: over a limit the transport is paused.
 */
export class ServerConnection implements TransportEvents, ReplySink {
  /** The server's time when the last call was answered, replies went out, or the peer had taken all of them. */
  activeAt: number;
  readonly #transport: Transport;
  readonly #owner: ConnectionOwner;
  readonly #decoder: MessageDecoder;
  readonly #output: Output;
  /** Where descriptors are taken. */
  readonly #descriptors: DescriptorInput | undefined;
  #call: RunningCall | undefined;
  #advancing = false;
  /** The method of the call that was last taken. */
  #started = '';
  /** A long stream lets others have their turn. */
  #resting = false;
  #paused = false;
  /** The peer sends no more. */
  #ended = false;
  /** And there will be no telling when it goes. */
  #unwatched = false;
  /** No call is taken any more: the connection is closed, or is being closed. */
  #over = false;
  #closed = false;

  constructor(transport: Transport, owner: ConnectionOwner, { maximumMessageLength, maximumDescriptors = 0 }: Limits) {
    this.#transport = transport;
    this.#owner = owner;
    this.#decoder = new MessageDecoder(maximumMessageLength);
    this.#output = new Output(transport);
    this.activeAt = owner.now;
    if (maximumDescriptors > 0) this.#descriptors = new DescriptorInput(maximumDescriptors);
  }

  start(): void {
    if (this.#descriptors !== undefined) this.#transport.takeDescriptors?.();
    this.#transport.start(this);
  }

  get peer(): Peer {
    return this.#transport.peer;
  }

  /** The peer does not read what it was sent. */
  get blocked(): boolean {
    return this.#output.blocked;
  }

  /** A call is under way. */
  get busy(): boolean {
    return this.#call !== undefined;
  }

  data(chunk: Uint8Array, descriptors?: ArrivedDescriptors): void {
    if (this.#over) {
      if (descriptors !== undefined) closeDescriptors(descriptors.numbers);
      return;
    }
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (this.#descriptors !== undefined && !this.#note(bytes.length, descriptors)) return;
    if (descriptors === undefined && this.#answerAtOnce(bytes)) return;
    this.#decoder.push(bytes);
    this.proceed();
    this.#decoder.hold();
  }

  drain(): void {
    this.activeAt = this.#owner.now;
    this.#output.drained();
    this.proceed();
  }

  ended(unwatched = false): void {
    this.#ended = true;
    this.#unwatched = unwatched;
    this.proceed();
  }

  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#abandon();
    this.#output.discard();
    this.#owner.closed(this);
  }

  /** Ends the connection: replies that were given still go out, a call under way gets none. */
  end(): void {
    this.#abandon();
    this.#output.end();
  }

  destroy(): void {
    this.#transport.destroy();
    this.closed();
  }

  get passesDescriptors(): boolean {
    return this.#transport.takeDescriptors !== undefined;
  }

  write(message: string | Uint8Array, descriptors?: readonly number[]): void {
    this.#output.write(message, descriptors);
  }

  flush(): void {
    if (!this.#over && this.#output.flush()) this.activeAt = this.#owner.now;
  }

  finished(): void {
    this.#call = undefined;
    this.activeAt = this.#owner.now;
  }

  giveUp(): void {
    this.end();
  }

  internalError(error: unknown, call: Call): VarlinkError | undefined {
    return this.#owner.internalError(error, call);
  }

  /** Goes on for as long as there are calls, they are answered at once, and the peer reads the replies. */
  proceed(): void {
    if (this.#advancing || this.#over) return;
    this.#advancing = true;
    const { onTurn } = this.#owner;
    let start = onTurn === undefined ? 0 : performance.now();
    while (!this.#over && !this.#resting && !this.#output.blocked) {
      const { method } = this.#call ?? NO_CALL;
      if (!this.#step()) break;
      if (onTurn !== undefined) {
        const now = performance.now();
        onTurn(method ?? this.#started, now - start);
        start = now;
      }
      if (this.#output.full) {
        this.flush();
        if (this.#call !== undefined) this.#rest();
      }
    }
    this.#advancing = false;
    this.flush();
    this.#adjustFlow();
  }

  /** Most often one call comes at a time, of a shape that is known. */
  #answerAtOnce(bytes: Buffer): boolean {
    if (this.#call !== undefined || this.#decoder.length > 0 || this.#resting || this.#output.waiting) return false;
    const reply = this.#owner.answerAtOnce(bytes);
    if (reply === undefined) return false;
    this.#output.sendAtOnce(reply);
    this.activeAt = this.#owner.now;
    return true;
  }

  /** False when more descriptors came than may wait: then the connection ends. */
  #note(length: number, descriptors: ArrivedDescriptors | undefined): boolean {
    try {
      this.#descriptors?.read(length, descriptors);
      return true;
    } catch {
      this.end();
      return false;
    }
  }

  /** False when there is none. */
  #step(): boolean {
    return this.#call === undefined ? this.#takeCall() : this.#call.advance();
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
      this.end();
      return false;
    }
    this.#started = message.method;
    const arrived = this.#descriptors?.take(this.#decoder.length);
    this.#call = new RunningCall(message, this.#transport.peer, this, arrived);
    this.#call.start(this.#owner.findMethod(message.method), message.parameters);
    return true;
  }

  #rest(): void {
    this.#resting = true;
    setImmediate(() => {
      this.#resting = false;
      this.proceed();
    });
  }

  #abandon(): void {
    this.#over = true;
    const call = this.#call;
    this.#call = undefined;
    call?.abandon();
    this.#descriptors?.close();
  }

  #adjustFlow(): void {
    if (this.#over || this.#output.blocked || this.#resting) return;
    if (this.#ended) this.#endWhenAnswered();
    else this.#pauseWhenFull();
  }

  /**
   * A call ends by itself and can be waited for, and sd-varlink 262 goes on with a subscription too. But one that never
   * finds out that nobody is there would never end.
   */
  #endWhenAnswered(): void {
    if (this.#call === undefined) this.end();
    else if (this.#call.streaming && this.#unwatched) this.destroy();
  }

  /**
   * Bytes that come in during a call are kept up to a limit. The transport is not paused before, because a paused one
   * may not see that the peer has gone.
   */
  #pauseWhenFull(): void {
    const pause = this.#call !== undefined && this.#decoder.length > 65_536;
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause) this.#transport.pause();
    else this.#transport.resume();
  }
}

/** As of `ServerOptions`. */
interface Limits {
  readonly maximumMessageLength?: number;
  readonly maximumDescriptors?: number;
}

const NO_CALL = { method: undefined };
