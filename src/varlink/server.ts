import type { Call } from './call.ts';
import { Clock } from './clock.ts';
import type { VarlinkError } from './errors.ts';
import type { Implementation, ImplementedMethod } from './implementation.ts';
import { type ConnectionOwner, ServerConnection } from './server-connection.ts';
import { implementService, type ServiceInfo } from './service.ts';
import type { Shortcut } from './shortcut.ts';
import type { Listener, Transport } from './transport.ts';

export interface ServerOptions {
  /**
   * What the caller is told when a handler fails with anything but a {@link VarlinkError}. Varlink has no error for
   * this, so that without the hook, or when it gives undefined, the connection is closed. Also told when a generator
   * fails in cleaning up after the connection has ended; then what it gives is not sent.
   */
  readonly onInternalError?: (error: unknown, call: Call) => VarlinkError | undefined;
  /** Connections at one time; one more is accepted and closed at once. 4096, as in sd-varlink 262. */
  readonly maximumConnections?: number;
  /** Connections of one user at one time, where the transport knows users. 128, as in sd-varlink 262. */
  readonly maximumConnectionsPerUser?: number;
  /**
   * Bytes that a call may have, without its NUL; the connection that sends a longer one is closed. 16 MiB, as in
   * sd-varlink 262.
   */
  readonly maximumMessageLength?: number;
  /** Milliseconds after which a connection without a call under way is closed: 5 minutes. */
  readonly idleTimeout?: number;
  /** Milliseconds after which a connection is closed whose peer does not read its replies: 45 seconds. */
  readonly unreadTimeout?: number;
}

/** A Varlink service: answers the methods of its interfaces on any number of listeners. */
export class VarlinkServer {
  readonly #options: ServerOptions;
  readonly #interfaces = new Map<string, Implementation>();
  readonly #methods = new Map<string, ImplementedMethod>();
  /** Those whose methods are known. */
  readonly #read = new Set<Implementation>();
  readonly #shortcuts: Shortcut[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #connections = new Set<ServerConnection>();
  readonly #connectionsOfUser = new Map<number, number>();
  readonly #idleTicks: number;
  readonly #unreadTicks: number;
  readonly #clock: Clock;
  readonly #owner: ConnectionOwner;

  /** A server that has org.varlink.service, and nothing else yet. */
  constructor(info: ServiceInfo, options: ServerOptions = {}) {
    this.#options = options;
    const idle = options.idleTimeout ?? 300_000;
    const unread = options.unreadTimeout ?? 45_000;
    const interval = Math.ceil(Math.min(idle, unread) / 8);
    this.#idleTicks = Math.ceil(idle / interval);
    this.#unreadTicks = Math.ceil(unread / interval);
    const clock = new Clock(interval, () => this.#closeLate());
    this.#clock = clock;
    this.#owner = {
      get now() {
        return clock.now;
      },
      answerAtOnce: (call) => this.#answerAtOnce(call),
      findMethod: (name) => this.#methods.get(name) ?? this.#readInterfaceOf(name),
      internalError: (error, call) => this.#internalError(error, call),
      closed: (connection) => this.#closed(connection),
    };
    this.add(implementService(info, this.#interfaces));
  }

  /** Offers an interface. Throws when the server has one of that name. */
  add(implementation: Implementation): this {
    const { name, shortcut } = implementation;
    if (this.#interfaces.has(name)) throw new Error(`the server has an interface ${name} already`);
    this.#interfaces.set(name, implementation);
    if (shortcut !== undefined) this.#shortcuts.push(shortcut);
    return this;
  }

  /** Number of connections now. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Answers whoever connects to `listener`, which `close` closes with the rest. */
  serve(listener: Listener): void {
    this.#listeners.add(listener);
    listener.start((transport) => this.#accept(transport));
  }

  /** Closes all listeners and connections. Calls under way are aborted; replies already given still go out. */
  close(): void {
    for (const listener of this.#listeners) listener.close();
    this.#listeners.clear();
    for (const connection of this.#connections) {
      if (connection.blocked) connection.destroy();
      else connection.end();
    }
  }

  /** Takes the methods of an interface when the first of them is called: only then is its definition read. */
  #readInterfaceOf(method: string): ImplementedMethod | undefined {
    const implementation = this.#interfaces.get(method.slice(0, method.lastIndexOf('.')));
    if (implementation === undefined || this.#read.has(implementation)) return undefined;
    this.#read.add(implementation);
    for (const [name, implemented] of implementation.methods) this.#methods.set(name, implemented);
    return this.#methods.get(method);
  }

  #accept(transport: Transport): void {
    const { uid } = transport.peer;
    const ofUser = uid === undefined ? 0 : (this.#connectionsOfUser.get(uid) ?? 0);
    const { maximumConnections = 4096, maximumConnectionsPerUser = 128 } = this.#options;
    if (this.#connections.size >= maximumConnections || ofUser >= maximumConnectionsPerUser) {
      transport.destroy();
      return;
    }
    if (uid !== undefined) this.#connectionsOfUser.set(uid, ofUser + 1);
    const connection = new ServerConnection(transport, this.#owner, this.#options.maximumMessageLength);
    this.#connections.add(connection);
    this.#clock.start();
    connection.start();
  }

  #answerAtOnce(call: Buffer): Uint8Array | undefined {
    try {
      for (const shortcut of this.#shortcuts) {
        const reply = shortcut(call);
        if (reply !== undefined) return reply;
      }
    } catch {
      // What fails here fails the other way as well, where there are words for it.
    }
    return undefined;
  }

  #internalError(error: unknown, call: Call): VarlinkError | undefined {
    try {
      return this.#options.onInternalError?.(error, call);
    } catch {
      return undefined;
    }
  }

  #closed(connection: ServerConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#clock.stop();
    const { uid } = connection.peer;
    if (uid === undefined) return;
    const left = (this.#connectionsOfUser.get(uid) ?? 1) - 1;
    if (left === 0) this.#connectionsOfUser.delete(uid);
    else this.#connectionsOfUser.set(uid, left);
  }

  #closeLate(): void {
    for (const connection of this.#connections) {
      const ticks = this.#clock.now - connection.activeAt;
      if (connection.blocked ? ticks > this.#unreadTicks : !connection.busy && ticks > this.#idleTicks) {
        connection.destroy();
      }
    }
  }
}
