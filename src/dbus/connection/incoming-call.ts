import type { Credentials, MethodCall } from '../call.ts';
import { decodeBody } from '../codec/body-decoder.ts';
import type { Message } from '../codec/message.ts';
import { ALLOW_INTERACTIVE_AUTHORIZATION, NO_REPLY_EXPECTED } from '../codec/message.ts';
import { DBusError, ERROR_INVALID_ARGS, ERROR_LIMITS_EXCEEDED } from '../errors.ts';
import type { Callers } from './callers.ts';
import { closeDescriptors } from './descriptor-queue.ts';

/** A method call that came in, and the descriptors that came with it. */
export class IncomingCall implements MethodCall {
  readonly sender: string;
  readonly path: string;
  readonly interface: string | undefined;
  readonly member: string;
  readonly signature: string;
  readonly body: readonly unknown[];
  readonly interactive: boolean;
  /** Nobody waits for an answer. */
  readonly noReply: boolean;
  readonly serial: number;
  readonly #callers: Callers;
  #descriptors: readonly number[];
  #left: AbortController | undefined;
  #stopFollowing: (() => void) | undefined;

  /**
   * Takes the descriptors over. Throws a {@link DBusError} when the body cannot be read; the descriptors are closed
   * then.
   * @param descriptors undefined: some were lost
   */
  constructor(
    message: Message & { readonly path: string; readonly member: string; readonly sender: string },
    descriptors: readonly number[] | undefined,
    callers: Callers,
  ) {
    this.sender = message.sender;
    this.path = message.path;
    this.interface = message.interface;
    this.member = message.member;
    this.signature = message.signature;
    this.interactive = (message.flags & ALLOW_INTERACTIVE_AUTHORIZATION) !== 0;
    this.noReply = (message.flags & NO_REPLY_EXPECTED) !== 0;
    this.serial = message.serial;
    this.#callers = callers;
    this.#descriptors = descriptors ?? [];
    try {
      this.body = readBody(message, descriptors);
    } catch (error) {
      this.closeUnclaimed();
      throw error;
    }
  }

  get knownUid(): number | undefined {
    return this.#callers.knownUser(this.sender);
  }

  get left(): AbortSignal {
    if (this.#left === undefined) {
      const left = new AbortController();
      this.#left = left;
      this.#stopFollowing = this.#callers.follow(this.sender, () => left.abort());
    }
    return this.#left.signal;
  }

  /** It has been answered: what becomes of the caller no longer matters. */
  over(): void {
    this.#stopFollowing?.();
  }

  credentials(): Promise<Credentials> {
    return this.#callers.credentialsOf(this.sender);
  }

  claim(descriptor: number): void {
    if (!this.#descriptors.includes(descriptor)) {
      throw new RangeError(`descriptor ${descriptor} did not come with this call, or has been claimed before`);
    }
    this.#descriptors = this.#descriptors.filter((each) => each !== descriptor);
  }

  /** Closes what nobody has claimed, but for what the reply gives back. */
  closeUnclaimed(answered: readonly number[] = []): void {
    const unclaimed = this.#descriptors;
    if (unclaimed.length === 0) return;
    this.#descriptors = [];
    closeDescriptors(unclaimed.filter((descriptor) => !answered.includes(descriptor)));
  }
}

function readBody(message: Message, descriptors: readonly number[] | undefined): unknown[] {
  if (descriptors === undefined) throw new DBusError(ERROR_LIMITS_EXCEEDED, 'no descriptor is left here');
  if (message.body === undefined) throw new DBusError(ERROR_LIMITS_EXCEEDED, 'the arguments are too long');
  try {
    return decodeBody(message.signature, message.body, message.littleEndian, descriptors);
  } catch {
    // What exactly is wrong is said in the words of a decoder, which would help nobody.
    throw new DBusError(ERROR_INVALID_ARGS, `the arguments are not what their signature '${message.signature}' says`);
  }
}
