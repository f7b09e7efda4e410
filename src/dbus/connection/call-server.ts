import type { CallHandler, MethodCall, Reply } from '../call.ts';
import { type EncodedBody, encodeBody } from '../codec/body-encoder.ts';
import { ERROR, METHOD_RETURN, type Message, NO_REPLY_EXPECTED } from '../codec/message.ts';
import { DBusError, ERROR_FAILED, ERROR_LIMITS_EXCEEDED, ERROR_UNKNOWN_METHOD } from '../errors.ts';
import { isInterfaceName } from '../names.ts';
import type { Callers } from './callers.ts';
import type { Connection } from './connection.ts';
import { closeDescriptors } from './descriptor-queue.ts';
import { IncomingCall } from './incoming-call.ts';
import { discardOutgoing, encodeOutgoing } from './outgoing-body.ts';

/** Told of what is thrown and is no {@link DBusError}, and gives what the caller is answered. */
export type InternalErrorHandler = (error: unknown, call: MethodCall) => DBusError;

/** Answers the method calls of a connection. */
export class CallServer {
  /** Undefined: nothing is served, and every call is answered with an error. */
  handler: CallHandler | undefined;
  readonly #connection: Connection;
  readonly #callers: Callers;
  readonly #onInternalError: InternalErrorHandler;
  /** How many calls of each sender are being worked on. */
  readonly #running = new Map<string, number>();

  constructor(connection: Connection, callers: Callers, onInternalError: InternalErrorHandler) {
    this.#connection = connection;
    this.#callers = callers;
    this.#onInternalError = onInternalError;
  }

  /** @param descriptors of the message, which are this object's from now on; undefined: some were lost */
  take(message: Message, descriptors: readonly number[] | undefined): void {
    const { path, member, sender } = message;
    if (path === undefined || member === undefined || sender === undefined) {
      // No call; a bus lets none of these through.
      if (descriptors !== undefined) closeDescriptors(descriptors);
      return;
    }
    let call: IncomingCall;
    try {
      call = new IncomingCall({ ...message, path, member, sender }, descriptors, this.#callers);
    } catch (error) {
      if ((message.flags & NO_REPLY_EXPECTED) === 0) this.#sendError(sender, message.serial, error as DBusError);
      return;
    }
    this.#run(call);
  }

  #run(call: IncomingCall): void {
    let answer: Reply | Promise<Reply>;
    try {
      if ((this.#running.get(call.sender) ?? 0) >= MAXIMUM_RUNNING) {
        throw new DBusError(ERROR_LIMITS_EXCEEDED, `${MAXIMUM_RUNNING} calls are being worked on already`);
      }
      if (this.handler === undefined) throw new DBusError(ERROR_UNKNOWN_METHOD, 'nothing is served here');
      answer = this.handler(call);
    } catch (error) {
      this.#fail(call, error);
      return;
    }
    if (answer instanceof Promise) this.#await(call, answer);
    else this.#reply(call, answer);
  }

  #await(call: IncomingCall, answer: Promise<Reply>): void {
    const { sender } = call;
    this.#running.set(sender, (this.#running.get(sender) ?? 0) + 1);
    const done = (): void => {
      call.over();
      const left = (this.#running.get(sender) ?? 1) - 1;
      if (left === 0) this.#running.delete(sender);
      else this.#running.set(sender, left);
    };
    answer.then(
      (reply) => {
        done();
        this.#reply(call, reply);
      },
      (error: unknown) => {
        done();
        this.#fail(call, error);
      },
    );
  }

  #reply(call: IncomingCall, reply: Reply): void {
    if (call.noReply || !this.#connection.open) {
      call.closeUnclaimed();
      discardOutgoing(reply);
      return;
    }
    let body: EncodedBody;
    try {
      body = encodeOutgoing(reply);
    } catch (error) {
      this.#fail(call, error);
      return;
    }
    if (body.bytes.length > MAXIMUM_REPLY) {
      closeDescriptors(body.descriptors);
      this.#fail(call, new DBusError(ERROR_LIMITS_EXCEEDED, `the answer has ${body.bytes.length} bytes`));
      return;
    }
    call.closeUnclaimed(body.descriptors);
    this.#connection.send({
      type: METHOD_RETURN,
      flags: NO_REPLY_EXPECTED,
      destination: call.sender,
      replySerial: call.serial,
      signature: reply.signature,
      body: body.bytes,
      descriptors: body.descriptors,
    });
  }

  #fail(call: IncomingCall, error: unknown): void {
    call.closeUnclaimed();
    const known = this.#translate(error, call);
    if (!call.noReply) this.#sendError(call.sender, call.serial, known);
  }

  #translate(error: unknown, call: IncomingCall): DBusError {
    if (error instanceof DBusError && isInterfaceName(error.errorName)) return error;
    try {
      const known = this.#onInternalError(error, call);
      if (isInterfaceName(known.errorName)) return known;
    } catch (failure) {
      // Whoever is to be told is in trouble itself: that must not keep the caller waiting.
      process.nextTick(() => {
        throw failure;
      });
    }
    return new DBusError(ERROR_FAILED, 'internal error');
  }

  #sendError(destination: string, replySerial: number, { errorName, message }: DBusError): void {
    this.#connection.send({
      type: ERROR,
      flags: NO_REPLY_EXPECTED,
      destination,
      replySerial,
      errorName,
      signature: 's',
      // A string on the bus has no NUL in it.
      body: encodeBody('s', [message.replaceAll('\0', '\ufffd')]).bytes,
      descriptors: [],
    });
  }
}

/**
 * Calls of one sender that may be worked on at the same time, so that none can make us keep any number of them. The
 * same as what a bus lets one connection wait for (dbus-daemon(1), max_replies_per_connection).
 */
const MAXIMUM_RUNNING = 128;

/**
 * Bytes. A system bus takes no message of more than 32 MiB (dbus-daemon(1), max_message_size), and ends the connection
 * that sends one: everybody else would pay for it. The header needs less than what is left.
 */
const MAXIMUM_REPLY = 32 * 1024 * 1024 - 64 * 1024;
