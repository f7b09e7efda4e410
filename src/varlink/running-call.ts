import type { Call } from './call.ts';
import { CallDescriptors } from './call-descriptors.ts';
import { expectedMore, invalidParameter, methodNotFound, methodNotImplemented, VarlinkError } from './errors.ts';
import type { ImplementedMethod } from './implementation.ts';
import { type CallMessage, formatError, formatReply } from './message.ts';
import { PreparedReplies } from './prepared-reply.ts';
import type { ReplySource } from './reply-source.ts';
import type { Peer } from './transport.ts';

/** @private Where the replies of a call go. */
export interface ReplySink {
  /** Sends a message, soon; bytes are several, and not changed afterwards. Descriptors go with its first byte. */
  write(message: string | Uint8Array, descriptors?: readonly number[]): void;
  /** Whether descriptors can be sent. */
  readonly passesDescriptors: boolean;
  /** Has what was written on its way now. */
  flush(): void;
  /** What the call waited for is there. */
  proceed(): void;
  /** The call is answered. */
  finished(): void;
  /** The call failed in a way that the protocol has no words for. */
  giveUp(): void;
  /** The error for the peer, or undefined when there is no telling. */
  internalError(error: unknown, call: Call): VarlinkError | undefined;
}

/** @private A call from its handler's start to its last reply. */
export class RunningCall implements Call {
  readonly method: string;
  readonly more: boolean;
  readonly oneway: boolean;
  readonly peer: Peer;
  readonly #sink: ReplySink;
  /** Those that came, and those that are to go; most calls have none. */
  #descriptors: CallDescriptors | undefined;
  #controller: AbortController | undefined;
  /** Where the replies come from, when there are several. */
  #replies: Replies | undefined;
  /** A reply has been asked for and is not there yet. */
  #waiting = false;
  /** The handler has sent the last reply itself. */
  #answered = false;
  /** Nothing more is to be sent. */
  #over = false;
  #abandoned = false;

  /** @param arrived descriptors that came with the call, which are the call's from now on */
  constructor({ method, more, oneway }: CallMessage, peer: Peer, sink: ReplySink, arrived: readonly number[] = []) {
    this.method = method;
    this.more = more;
    this.oneway = oneway;
    this.peer = peer;
    this.#sink = sink;
    if (arrived.length > 0) this.#descriptors = new CallDescriptors(arrived);
  }

  pass(descriptor: number): number {
    this.#descriptors ??= new CallDescriptors([]);
    const wanted = !this.#over && !this.#answered && !this.oneway;
    return this.#descriptors.pass(descriptor, wanted, this.#sink.passesDescriptors);
  }

  take(index: number): number | undefined {
    return this.#descriptors?.take(index);
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abandoned) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** The handler has given a generator or a source, which may have replies without end. */
  get streaming(): boolean {
    return this.#replies !== undefined;
  }

  answer(reply: object): void {
    if (this.#over || this.#answered) return;
    const message = formatReply(reply, false);
    this.#answered = true;
    if (this.oneway) return;
    this.#sink.write(message, this.#descriptors?.outgoing());
    this.#sink.flush();
  }

  /** Starts the handler, and ends the call when that answers at once. */
  start(implemented: ImplementedMethod | undefined, parameters: Record<string, unknown>): void {
    let outcome: unknown;
    try {
      outcome = this.#ask(implemented, parameters);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (isPromise(outcome)) this.#await(outcome, (arrived) => this.#begin(arrived));
    else this.#begin(outcome);
  }

  /** Sends the next of several replies. False when there is none now; then the sink is told to proceed later. */
  advance(): boolean {
    if (this.#replies === undefined || this.#waiting) return false;
    let step: Step | Promise<Step> | undefined;
    try {
      step = this.#replies.next();
    } catch (error) {
      this.#fail(error);
      return true;
    }
    if (step === undefined) return false;
    if (isPromise(step)) {
      this.#await(step as Promise<Step>, (arrived) => this.#take(arrived));
      return false;
    }
    this.#take(step);
    return true;
  }

  /** Nobody is there to be answered any more. */
  abandon(): void {
    this.#over = true;
    this.#abandoned = true;
    this.#controller?.abort();
    this.#leaveReplies();
    this.#descriptors?.close();
  }

  #begin(outcome: unknown): void {
    if (this.#answered) {
      this.#end();
    } else if (!isReplies(outcome)) {
      this.#finish(outcome);
    } else if (!this.more) {
      this.#finish(expectedMore());
    } else {
      this.#replies = outcome;
      if (isSource(outcome)) this.#open(outcome);
    }
  }

  #open(source: ReplySource<object>): void {
    try {
      source.open(() => this.#sink.proceed());
    } catch (error) {
      this.#fail(error);
    }
  }

  #ask(implemented: ImplementedMethod | undefined, parameters: Record<string, unknown>): unknown {
    if (implemented === undefined) return methodNotFound(this.method);
    const fault = implemented.check(parameters);
    if (fault !== undefined) return invalidParameter(fault);
    if (implemented.handler === undefined) return methodNotImplemented(this.method);
    return implemented.handler(parameters, this);
  }

  #await<Value>(promise: Promise<Value>, arrived: (value: Value) => void): void {
    this.#waiting = true;
    const settle = (use: () => void) => {
      this.#waiting = false;
      if (this.#over) return;
      use();
      this.#sink.proceed();
    };
    void promise.then(
      (value) => settle(() => arrived(value)),
      (error) => {
        // He was told that all is well, and is gone: somebody else has to hear of it.
        if (this.#over && this.#answered) this.#sink.internalError(error, this);
        settle(() => {
          this.#replies = undefined;
          this.#fail(error);
        });
      },
    );
  }

  #take({ done, value }: Step): void {
    if (done) {
      this.#replies = undefined;
      this.#finish(value);
    } else {
      this.#reply(value as object, true);
    }
  }

  #fail(error: unknown): void {
    const expected = error instanceof VarlinkError && !this.#answered;
    const answer = expected ? error : this.#sink.internalError(error, this);
    if (this.#answered) this.#end();
    else if (answer !== undefined) this.#finish(answer);
    else this.#sink.giveUp();
  }

  #finish(outcome: unknown): void {
    if (!(outcome instanceof VarlinkError)) {
      this.#reply(outcome as object | undefined, false);
      return;
    }
    this.#descriptors?.discard();
    this.#send(formatError(outcome.error, outcome.parameters), false);
  }

  #reply(parameters: object | undefined, continues: boolean): void {
    let message: string | Uint8Array;
    try {
      message = encoded(parameters, continues);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#send(message, continues);
  }

  #send(message: string | Uint8Array, continues: boolean): void {
    if (!this.oneway) this.#sink.write(message, this.#descriptors?.outgoing());
    if (!continues) this.#end();
  }

  #end(): void {
    this.#over = true;
    this.#leaveReplies();
    this.#descriptors?.close();
    this.#sink.finished();
  }

  /** Lets the handler's generator or source clean up, when it has not come to its end by itself. */
  #leaveReplies(): void {
    const replies = this.#replies;
    if (replies === undefined) return;
    this.#replies = undefined;
    const report = (error: unknown) => void this.#sink.internalError(error, this);
    try {
      const left: unknown = isSource(replies) ? replies.close() : replies.return(undefined);
      if (isPromise(left)) void left.then(undefined, report);
    } catch (error) {
      report(error);
    }
  }
}

type Replies = Generator<object, unknown, void> | AsyncGenerator<object, unknown, void> | ReplySource<object>;
type Step = IteratorResult<object, unknown>;

function encoded(parameters: object | undefined, continues: boolean): string | Uint8Array {
  if (!(parameters instanceof PreparedReplies)) return formatReply(parameters, continues);
  if (!continues) throw new TypeError('several replies cannot be the last one');
  return parameters.bytes;
}

// No JSON value has functions, so that these tell a promise, a generator and a source from any reply.
function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

function isReplies(value: unknown): value is Replies {
  return typeof (value as { next?: unknown } | null | undefined)?.next === 'function';
}

function isSource(value: Replies): value is ReplySource<object> {
  return typeof (value as { open?: unknown }).open === 'function';
}
