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
import { Bus } from './bus.ts';
import { type BusOptions, DO_NOT_QUEUE } from './bus-options.ts';
import { closeDescriptors } from './descriptor-queue.ts';
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
 * Keeps a name on a bus. A bus that is not there is waited for, also at the beginning; when it goes, it is looked for
 * again: at once, then less and less often, but every second.
 */
export class Presence {
  readonly #options: PresenceOptions;
  #bus: Bus | undefined;
  #up = false;
  #closed = false;
  #delay = FIRST_DELAY;
  #problem = '';
  #stopWaiting: () => void = () => {};

  /**
   * Fulfilled when the name is ours, or the bus is not there yet. Rejected when the bus is there and refuses:
   * NameTakenError when somebody else has the name, AuthenticationError, or the bus's DBusError (AccessDenied).
   */
  static async start(options: PresenceOptions): Promise<Presence> {
    const presence = new Presence(options);
    let visit: Visit | undefined;
    try {
      visit = await presence.#enter(DO_NOT_QUEUE);
    } catch (error) {
      if (isRefusal(error)) {
        presence.close();
        throw error;
      }
      presence.#tell(error as Error);
    }
    void presence.#keep(visit);
    return presence;
  }

  private constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** The connection, while there is one; others on the bus can be asked whether or not the name is ours. */
  get bus(): Bus | undefined {
    return this.#bus;
  }

  /** Whether the name is ours. */
  get up(): boolean {
    return this.#up;
  }

  /** Sends a signal as {@link Bus.emit} does; it goes nowhere while there is no bus. */
  emit(path: string, interfaceName: string, member: string, signature: string, body: readonly unknown[]): void {
    this.#bus?.emit(path, interfaceName, member, signature, body);
  }

  /** Leaves the bus for good, when what was sent is out. Nobody is told. */
  close(): void {
    this.#closed = true;
    this.#bus?.close();
    this.#bus = undefined;
    this.#stopWaiting();
  }

  async #keep(first: Visit | undefined): Promise<void> {
    for (let visit = first; ; ) {
      if (visit !== undefined) this.#lost(await visit.over, visit.since);
      await this.#wait();
      if (this.#closed) return;
      try {
        visit = await this.#enter(0);
      } catch (error) {
        visit = undefined;
        this.#tell(error as Error);
      }
    }
  }

  /** Connects and asks for the name. */
  async #enter(flags: number): Promise<Visit> {
    const { name, serve } = this.#options;
    const bus = await Bus.connect(this.#options);
    const over = new Promise<Error>((resolve) => bus.onClosed(resolve));
    const since = Date.now();
    try {
      if (this.#closed) throw new Error('closed');
      this.#bus = bus;
      bus.serve(serve);
      await this.#prepare(bus);
      const rule = { sender: BUS_NAME, interface: BUS_NAME, arg0: name };
      await Promise.all([
        bus.match({ ...rule, member: 'NameAcquired' }, () => this.#rise(bus)),
        bus.match({ ...rule, member: 'NameLost' }, (signal) => this.#fall(bus, signal)),
      ]);
      await this.#ask(bus, flags);
      return { over, since };
    } catch (error) {
      this.#bus = undefined;
      this.#up = false;
      bus.close();
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
      this.#tell(error as Error);
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
    if (!this.#up) this.#tell(taken);
  }

  #rise(bus: Bus): void {
    if (this.#up || this.#closed || bus !== this.#bus) return;
    this.#up = true;
    this.#problem = '';
    this.#options.onUp?.(bus);
  }

  /**
   * Somebody was given the name: the owner of the bus can, and a service that we have let. We wait to have it again.
   */
  #fall(bus: Bus, { body: [name] }: Signal): void {
    if (!this.#up || bus !== this.#bus) return;
    this.#up = false;
    this.#options.onDown?.(new Error(`the bus took the name ${name} away`));
    this.#ask(bus, 0).catch((error: unknown) => this.#tell(error as Error));
  }

  #lost(reason: Error, since: number): void {
    if (Date.now() - since >= STEADY) this.#delay = FIRST_DELAY;
    this.#bus = undefined;
    const wasUp = this.#up;
    this.#up = false;
    if (this.#closed) return;
    if (wasUp) this.#options.onDown?.(reason);
    else this.#tell(reason);
  }

  #tell(problem: Error): void {
    if (this.#closed || problem.message === this.#problem) return;
    this.#problem = problem.message;
    this.#options.onProblem?.(problem);
  }

  #wait(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const delay = this.#delay;
    this.#delay = Math.min(delay * 2, LAST_DELAY);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delay);
      timer.unref();
      this.#stopWaiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** A connection that came about. */
interface Visit {
  /** When it is lost, and why. */
  readonly over: Promise<Error>;
  /** Milliseconds since 1970. */
  readonly since: number;
}

// Milliseconds.
const FIRST_DELAY = 10;
const LAST_DELAY = 1000;
const PATIENCE = 1000;
/** A connection that lasted as long is none that the bus ends again and again. */
const STEADY = 1000;

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
