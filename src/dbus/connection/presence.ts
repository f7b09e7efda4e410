import type { CallHandler } from '../call.ts';
import {
  AuthenticationError,
  DBusError,
  ERROR_DISCONNECTED,
  ERROR_LIMITS_EXCEEDED,
  ERROR_NO_REPLY,
  NameTakenError,
} from '../errors.ts';
import { BUS_NAME } from '../names.ts';
import type { Bus } from './bus.ts';
import { type BusOptions, DO_NOT_QUEUE } from './bus-options.ts';
import { closeDescriptors } from './descriptor-queue.ts';
import { LastingConnection } from './lasting-connection.ts';
import type { Signal } from './match.ts';

/** Who is to be found on the bus, and who is told about it. Nothing that is told may throw. */
export interface PresenceOptions extends BusOptions {
  /** The well-known name. */
  readonly name: string;
  readonly serve: CallHandler;
  /**
   * There is a connection, maybe not the first, and the name will be asked for when this is done, or has taken a
   * second: here matches are made and others on the bus are asked. When it is rejected the connection is given up.
   */
  readonly onConnected?: (bus: Bus) => Promise<void>;
  /** The name is ours. */
  readonly onUp?: (bus: Bus) => void;
  /** The name is not ours any more. It will be again when that is possible. */
  readonly onDown?: (reason: Error) => void;
  /** Why the bus or the name cannot be had at the moment: each reason once until it is another. */
  readonly onProblem?: (reason: Error) => void;
}

/**
 * Keeps a name on a bus. A bus that is not there is waited for, also at the beginning, and when it goes it is looked for
 * again (see {@link LastingConnection}).
 */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #connection: LastingConnection;
  #up = false;
  #flags = DO_NOT_QUEUE;

  /**
   * Fulfilled when the name is ours, or the bus is not there yet. Rejected when the bus is there and refuses:
   * NameTakenError when somebody else has the name, AuthenticationError, or the bus's DBusError (AccessDenied).
   */
  static async start(options: PresenceOptions): Promise<Presence> {
    const presence = new Presence(options);
    await presence.#connection.start(isRefusal);
    presence.#flags = 0;
    return presence;
  }

  private constructor(options: PresenceOptions) {
    this.#options = options;
    this.#connection = new LastingConnection({
      ...options,
      enter: (bus) => this.#enter(bus),
      onLost: (reason) => this.#lost(reason),
    });
  }

  /** The connection, while there is one; others on the bus can be asked whether or not the name is ours. */
  get bus(): Bus | undefined {
    return this.#connection.bus;
  }

  /** Whether the name is ours. */
  get up(): boolean {
    return this.#up;
  }

  /** Sends a signal as {@link Bus.emit} does; it goes nowhere while there is no bus. */
  emit(path: string, interfaceName: string, member: string, signature: string, body: readonly unknown[]): void {
    this.bus?.emit(path, interfaceName, member, signature, body);
  }

  /** Leaves the bus for good, when what was sent is out. Nobody is told. */
  close(): void {
    this.#connection.close();
  }

  /** Asks for the name. */
  async #enter(bus: Bus): Promise<void> {
    const { name, serve } = this.#options;
    try {
      bus.serve(serve);
      await this.#prepare(bus);
      const rule = { sender: BUS_NAME, interface: BUS_NAME, arg0: name };
      await Promise.all([
        bus.match({ ...rule, member: 'NameAcquired' }, () => this.#rise(bus)),
        bus.match({ ...rule, member: 'NameLost' }, (signal) => this.#fall(bus, signal)),
      ]);
      await this.#ask(bus, this.#flags);
    } catch (error) {
      this.#up = false;
      throw error;
    }
  }

  /** Somebody else on the bus who is stuck is no reason for us not to be there. */
  async #prepare(bus: Bus): Promise<void> {
    const done = this.#options.onConnected?.(bus);
    if (done === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE);
    });
    try {
      await Promise.race([done, late]);
    } finally {
      clearTimeout(timer);
    }
    done.catch((error: unknown) => {
      this.#connection.tell(error as Error);
      bus.close();
    });
  }

  async #ask(bus: Bus, flags: number): Promise<void> {
    const reply = await bus.requestName(this.#options.name, flags);
    if (reply === 'owner' || reply === 'already-owner') {
      this.#rise(bus);
      return;
    }
    const taken = await describeOwner(bus, this.#options.name);
    if (reply === 'exists') throw taken;
    if (!this.#up) this.#connection.tell(taken);
  }

  #rise(bus: Bus): void {
    // After close() there is no connection any more.
    if (this.#up || bus !== this.bus) return;
    this.#up = true;
    this.#connection.settled();
    this.#options.onUp?.(bus);
  }

  /**
   * Somebody was given the name: the owner of the bus can, and a service that we have let. We wait to have it again.
   */
  #fall(bus: Bus, { body: [name] }: Signal): void {
    if (!this.#up || bus !== this.bus) return;
    this.#up = false;
    this.#options.onDown?.(new Error(`the bus took the name ${name} away`));
    this.#ask(bus, 0).catch((error: unknown) => this.#connection.tell(error as Error));
  }

  #lost(reason: Error): void {
    const wasUp = this.#up;
    this.#up = false;
    if (wasUp) this.#options.onDown?.(reason);
    else this.#connection.tell(reason);
  }
}

/** Milliseconds. */
const PATIENCE = 1000;

/** The bus is there and does not want us; everything else may be another time. */
function isRefusal(error: unknown): boolean {
  if (error instanceof DBusError) {
    return ![ERROR_DISCONNECTED, ERROR_NO_REPLY, ERROR_LIMITS_EXCEEDED].includes(error.errorName);
  }
  return error instanceof AuthenticationError || error instanceof NameTakenError || error instanceof TypeError;
}

async function describeOwner(bus: Bus, name: string): Promise<NameTakenError> {
  const owner = await bus.ownerOf(name);
  if (owner === undefined) return new NameTakenError(`${name} belongs to somebody else`, undefined);
  let pid: number | undefined;
  try {
    const credentials = await bus.credentialsOf(owner);
    pid = credentials.pid;
    if (credentials.pidfd !== undefined) closeDescriptors([credentials.pidfd]);
  } catch {
    // It has left in the meantime, or the bus does not tell.
  }
  return new NameTakenError(`${name} belongs to ${owner}${pid === undefined ? '' : `, process ${pid}`}`, pid);
}
