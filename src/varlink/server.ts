import type { Call } from './call.ts';
import { Clock } from './clock.ts';
import { ConnectionSet } from './connection-set.ts';
import type { VarlinkError } from './errors.ts';
import type { Implementation, ImplementedMethod } from './implementation.ts';
import { type ConnectionOwner, ServerConnection } from './server-connection.ts';
import { implementService, type ServiceInfo } from './service.ts';
import type { Shortcut } from './shortcut.ts';
import type { Listener, Peer, Transport } from './transport.ts';

export interface ServerOptions {
  /**
   * What the caller is told when a handler fails with anything but a {@link VarlinkError}. Varlink has no error for
   * this, so that without the hook, or when it gives undefined, the connection is closed. Also told when a generator
   * fails in cleaning up after the connection has ended; then what it gives is not sent.
   */
  readonly onInternalError?: (error: unknown, call: Call) => VarlinkError | undefined;
  /**
   * Connections at one time; 4096, as in sd-varlink 262. One more takes the place of a quiet one of the user who has
   * most, if that is more than its own user has. Else, and where the transport does not know users, it is accepted and
   * closed at once.
   */
  readonly maximumConnections?: number;
  /**
   * Connections of one user at one time, where the transport knows users; one more is accepted and closed at once. 128,
   * as in sd-varlink 262.
   */
  readonly maximumConnectionsPerUser?: number;
  /** Whose connections are under no limit of number, are not counted, and give way to nobody. */
  readonly unlimited?: (peer: Peer) => boolean;
  /**
   * Bytes that a call may have, without its NUL; the connection that sends a longer one is closed. 16 MiB, as in
   * sd-varlink 262.
   */
  readonly maximumMessageLength?: number;
  /**
   * Descriptors that calls which wait may have come with on one connection; the connection that sends more is closed. A
   * call is given its own ({@link Call.take}). 0, the default: none are taken, and the kernel drops them.
   */
  readonly maximumDescriptors?: number;
  /**
   * Told of each call, and of each of several replies, for how many milliseconds nothing else could be done; not of what
   * a {@link Shortcut} answered.
   */
  readonly onTurn?: (method: string, milliseconds: number) => void;
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
  readonly #connections = new ConnectionSet();
  readonly #unlimited = new Set<ServerConnection>();
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
      onTurn: options.onTurn,
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

  /** Number of connections now, without those that are under no limit. */
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
    for (const connection of [...this.#unlimited, ...this.#connections]) {
      if (connection.blocked) connection.destroy();
      else connection.end();
    }
  }

  /**
   * Closes a quiet connection of the user who has most, so that there is a descriptor for somebody else. False when there
   * is none to be spared.
   */
  makeRoom(): boolean {
    return this.#dismiss(0);
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
    const unlimited = this.#options.unlimited?.(transport.peer) ?? false;
    if (!unlimited && !this.#admits(transport.peer.uid)) {
      transport.destroy();
      return;
    }
    const connection = new ServerConnection(transport, this.#owner, this.#options);
    if (unlimited) this.#unlimited.add(connection);
    else this.#connections.add(connection);
    this.#clock.start();
    connection.start();
  }

  #admits(uid: number | undefined): boolean {
    const { maximumConnections = 4096, maximumConnectionsPerUser = 128 } = this.#options;
    const ofUser = this.#connections.countOf(uid);
    if (ofUser >= maximumConnectionsPerUser) return false;
    return this.#connections.size < maximumConnections || (uid !== undefined && this.#dismiss(ofUser));
  }

  /** @param least connections that a user may keep in any case */
  #dismiss(least: number): boolean {
    const spare = this.#connections.spare(least);
    spare?.destroy();
    return spare !== undefined;
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
    if (!this.#unlimited.delete(connection)) this.#connections.delete(connection);
    if (this.#connections.size + this.#unlimited.size === 0) this.#clock.stop();
  }

  #closeLate(): void {
    for (const connection of [...this.#unlimited, ...this.#connections]) {
      const ticks = this.#clock.now - connection.activeAt;
      if (connection.blocked ? ticks > this.#unreadTicks : !connection.busy && ticks > this.#idleTicks) {
        connection.destroy();
      }
    }
  }
}
