import type { CallHandler, Credentials } from '../call.ts';
import { decodeBody } from '../codec/body-decoder.ts';
import { descriptorsIn } from '../codec/body-encoder.ts';
import {
  ALLOW_INTERACTIVE_AUTHORIZATION,
  ERROR,
  METHOD_CALL,
  METHOD_RETURN,
  type Message,
  NO_REPLY_EXPECTED,
  SIGNAL,
} from '../codec/message.ts';
import {
  AuthenticationError,
  DBusError,
  ERROR_DISCONNECTED,
  ERROR_FAILED,
  ERROR_NAME_HAS_NO_OWNER,
} from '../errors.ts';
import { BUS_NAME, BUS_PATH, requireValidNames } from '../names.ts';
import type { AnyVariant } from '../values.ts';
import { connectFirst } from './address.ts';
import type { BusOptions, CallRequest, NameReply } from './bus-options.ts';
import { CallServer } from './call-server.ts';
import { Callers } from './callers.ts';
import { Connection } from './connection.ts';
import { readCredentials } from './credentials.ts';
import { followDeparture } from './departure.ts';
import { closeDescriptors } from './descriptor-queue.ts';
import { formatMatchRule, type MatchRule, type Signal, type SignalListener } from './match.ts';
import { Matches } from './matches.ts';
import { encodeOutgoing } from './outgoing-body.ts';
import { PendingCalls } from './pending-calls.ts';
import type { Transport } from './transport.ts';

/** One connection to a bus, from Hello until it ends. It does not come back: see presence.ts. */
export class Bus {
  readonly #connection: Connection;
  readonly #callers = new Callers(
    (name) => this.#askForCredentials(name),
    (name, left) => followDeparture(this, name, left),
  );
  readonly #calls: CallServer;
  readonly #pending = new PendingCalls();
  readonly #matches: Matches;
  readonly #onListenerError: (error: unknown, signal: Signal) => void;
  readonly #closeListeners: ((reason: Error) => void)[] = [];
  #uniqueName = '';
  #closed: Error | undefined;

  /**
   * Connects, and is one of the bus's connections when it is fulfilled. Rejected with an AuthenticationError or
   * DBusError when the bus refuses, else with an Error that says what did not work.
   */
  static async connect(options: BusOptions): Promise<Bus> {
    const { address, transport } = await connectFirst(options.addresses, options.connect);
    let authenticated: (serverId: string) => void = () => {};
    const serverId = new Promise<string>((resolve) => {
      authenticated = resolve;
    });
    const bus = new Bus(transport, options, authenticated);
    const timer = setTimeout(
      () => bus.#connection.destroy(new Error('the bus did not answer in time')),
      options.connectTimeout ?? CONNECT_TIMEOUT,
    );
    const over = new Promise<never>((_, reject) => bus.onClosed(reject));
    try {
      const id = await Promise.race([serverId, over]);
      if (address.guid !== undefined && address.guid !== id) {
        throw new AuthenticationError(`the bus is ${id}, but its address says ${address.guid}`);
      }
      bus.#uniqueName = (await Promise.race([bus.#askBus('Hello', '', []), over]))[0] as string;
      return bus;
    } catch (error) {
      bus.#connection.destroy(error as Error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private constructor(transport: Transport, options: BusOptions, authenticated: (serverId: string) => void) {
    const { maximumCall = MAXIMUM_CALL, maximumOutput = MAXIMUM_OUTPUT, outputTimeout = OUTPUT_TIMEOUT } = options;
    this.#onListenerError = options.onListenerError ?? throwLater;
    this.#connection = new Connection(
      transport,
      { maximumCall, maximumOutput, outputTimeout },
      {
        authenticated,
        message: (message, descriptors) => this.#take(message, descriptors),
        took: options.onTurn,
        closed: (reason) => this.#close(reason),
      },
    );
    const onInternalError = options.onInternalError ?? (() => new DBusError(ERROR_FAILED, 'internal error'));
    this.#calls = new CallServer(this.#connection, this.#callers, onInternalError);
    this.#matches = new Matches({
      addMatch: async (rule) => void (await this.#askBus('AddMatch', 's', [formatMatchRule(rule)])),
      removeMatch: (rule) => void this.#askBus('RemoveMatch', 's', [formatMatchRule(rule)]).catch(() => {}),
      ownerOf: (name) => this.ownerOf(name),
    });
  }

  /** As in `:1.42`. */
  get uniqueName(): string {
    return this.#uniqueName;
  }

  /** Told once when the connection is over, at the next tick when it is already. */
  onClosed(listener: (reason: Error) => void): void {
    const reason = this.#closed;
    if (reason === undefined) this.#closeListeners.push(listener);
    else process.nextTick(() => listener(reason));
  }

  /**
   * Calls a method and gives what it returned. Rejected with a {@link DBusError}: of whoever was called or of the bus,
   * NoReply when the time is up, Disconnected when the connection is over. Throws, in the promise, a TypeError for
   * names or a body that are not valid. Descriptors in the body are the connection's from now on, which closes them.
   */
  async call(request: CallRequest): Promise<readonly unknown[]> {
    const { destination, path, interface: interfaceName, member, signature = '', body = [] } = request;
    const encoded = encodeOutgoing({ signature, body });
    const title = `${member} of ${destination}`;
    return new Promise((resolve, reject) => {
      try {
        requireValidNames(request);
        if (this.#closed !== undefined || !this.#connection.open) throw disconnected(title, this.#closed);
      } catch (error) {
        closeDescriptors(encoded.descriptors);
        throw error;
      }
      let serial = this.#connection.nextSerial();
      while (this.#pending.has(serial)) serial = this.#connection.nextSerial();
      const acceptDescriptors = request.acceptDescriptors ?? false;
      this.#pending.add(
        serial,
        { destination, title, acceptDescriptors, resolve, reject },
        request.timeout ?? CALL_TIMEOUT,
      );
      const flags = request.interactive === true ? ALLOW_INTERACTIVE_AUTHORIZATION : 0;
      const { bytes, descriptors } = encoded;
      this.#connection.send(
        {
          type: METHOD_CALL,
          flags,
          destination,
          path,
          interface: interfaceName,
          member,
          signature,
          body: bytes,
          descriptors,
        },
        serial,
      );
    });
  }

  /**
   * Listens to signals. Fulfilled, with what ends it, when the bus knows; rejected with the bus's DBusError, or a
   * TypeError for a rule that is not valid. Where the sender is a well-known name only signals of who has it then are
   * told, also where somebody else sends one to us alone.
   */
  match(rule: MatchRule, listener: SignalListener): Promise<() => void> {
    return this.#matches.add(rule, listener);
  }

  /** Asks for a well-known name. Rejected with the bus's DBusError: AccessDenied when its policy is against it. */
  async requestName(name: string, flags = 0): Promise<NameReply> {
    const [reply] = await this.#askBus('RequestName', 'su', [name, flags]);
    const outcome = NAME_REPLIES[reply as number];
    if (outcome === undefined) throw new DBusError(ERROR_FAILED, `the bus answered ${reply} to RequestName`);
    return outcome;
  }

  /** The unique name of who has a name, or undefined when nobody has it. */
  async ownerOf(name: string): Promise<string | undefined> {
    try {
      return (await this.#askBus('GetNameOwner', 's', [name]))[0] as string;
    } catch (error) {
      if (error instanceof DBusError && error.errorName === ERROR_NAME_HAS_NO_OWNER) return undefined;
      throw error;
    }
  }

  /** Who a connection belongs to. Rejected with NameHasNoOwner when there is none of that name. */
  credentialsOf(name: string): Promise<Credentials> {
    return this.#callers.credentialsOf(name);
  }

  /** Answers method calls from now on, all of them with this. */
  serve(handler: CallHandler): void {
    this.#calls.handler = handler;
  }

  /**
   * Sends a signal, to everybody who listens. Goes nowhere when the connection is over. Throws a TypeError for names or
   * a body that are not valid.
   */
  emit(path: string, interfaceName: string, member: string, signature: string, body: readonly unknown[]): void {
    requireValidNames({ path, interface: interfaceName, member });
    const { bytes, descriptors } = encodeOutgoing({ signature, body });
    const message = { path, interface: interfaceName, member, signature, body: bytes, descriptors };
    this.#connection.send({ type: SIGNAL, flags: NO_REPLY_EXPECTED, ...message });
  }

  /** Ends the connection when what was sent is out. Calls that wait for a reply are rejected. */
  close(): void {
    this.#connection.end(new Error('the connection to the bus was closed'));
  }

  #askBus(member: string, signature: string, body: readonly unknown[], more: Partial<CallRequest> = {}) {
    return this.call({ destination: BUS_NAME, path: BUS_PATH, interface: BUS_NAME, member, signature, body, ...more });
  }

  async #askForCredentials(name: string): Promise<Credentials> {
    const [answer] = await this.#askBus('GetConnectionCredentials', 's', [name], { acceptDescriptors: true });
    return readCredentials(answer as ReadonlyMap<string, AnyVariant>);
  }

  #take(message: Message, descriptors: readonly number[] | undefined): void {
    if (message.type === METHOD_CALL) this.#calls.take(message, descriptors);
    else if (message.type === METHOD_RETURN || message.type === ERROR) this.#takeReply(message, descriptors ?? []);
    else {
      if (message.type === SIGNAL) this.#takeSignal(message, descriptors);
      if (descriptors !== undefined) closeDescriptors(descriptors);
    }
  }

  #takeReply(message: Message, descriptors: readonly number[]): void {
    const call = this.#pending.take(message.replySerial, message.sender);
    if (call === undefined) {
      closeDescriptors(descriptors);
      return;
    }
    let values: readonly unknown[];
    try {
      values = decodeBody(message.signature, message.body ?? Buffer.alloc(0), message.littleEndian, descriptors);
    } catch (error) {
      closeDescriptors(descriptors);
      call.reject(
        Object.assign(new DBusError(ERROR_FAILED, `the reply to ${call.title} cannot be read`), { cause: error }),
      );
      return;
    }
    if (message.type === METHOD_RETURN) {
      const wanted = call.acceptDescriptors ? descriptorsIn(message.signature, values) : [];
      closeDescriptors(descriptors.filter((descriptor) => !wanted.includes(descriptor)));
      call.resolve(values);
    } else {
      closeDescriptors(descriptors);
      const text = message.signature.startsWith('s') ? (values[0] as string) : '';
      call.reject(new DBusError(message.errorName ?? ERROR_FAILED, text));
    }
  }

  #takeSignal(message: Message, descriptors: readonly number[] | undefined): void {
    const { sender, path, interface: interfaceName, member, signature, body } = message;
    if (sender === undefined || path === undefined || interfaceName === undefined || member === undefined) return;
    const header = { sender, path, interface: interfaceName, member, signature };
    if (body === undefined || !this.#matches.wants(header)) return;
    let values: readonly unknown[];
    try {
      values = decodeBody(signature, body, message.littleEndian, descriptors);
    } catch {
      // Whoever sent it cannot be told, and nobody can do anything with it.
      return;
    }
    const signal = { ...header, body: values };
    this.#matches.deliver(signal, (error) => this.#onListenerError(error, signal));
  }

  #close(reason: Error): void {
    this.#closed = reason;
    this.#pending.end(reason);
    for (const listener of this.#closeListeners.splice(0)) listener(reason);
  }
}

const CONNECT_TIMEOUT = 10_000;
const CALL_TIMEOUT = 25_000;
const MAXIMUM_CALL = 64 * 1024;
const MAXIMUM_OUTPUT = 64 * 1024 * 1024;
const OUTPUT_TIMEOUT = 30_000;
/** By the number that the bus answers. */
const NAME_REPLIES: readonly (NameReply | undefined)[] = [undefined, 'owner', 'queued', 'exists', 'already-owner'];

function disconnected(title: string, cause: Error | undefined): DBusError {
  const text = `${title} was not asked: the connection to the bus is over`;
  return Object.assign(new DBusError(ERROR_DISCONNECTED, text), { cause });
}

function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
