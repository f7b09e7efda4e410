import { createServer, type Server, type Socket } from 'node:net';
import { parseAddress } from '../../machine/address-text.ts';
import type { Responder } from './responder.ts';
import { TcpConnection, type TcpTimes } from './tcp-connection.ts';

/** How many connections there may be, and for how long. */
export interface TcpLimits extends TcpTimes {
  readonly connections: number;
  /** Of one address. */
  readonly perAddress: number;
}

/**
 * Answers at a listening TCP socket. Where there are too many connections, all in all or from one address, the one that
 * was opened first is closed for the new one: whoever asks at once, as every resolver does, has the answer long since.
 */
export class TcpServer {
  readonly #server: Server;
  readonly #responder: Responder;
  readonly #limits: TcpLimits;
  /** In the order in which they were opened. */
  readonly #open = new Map<Socket, string>();

  constructor(responder: Responder, limits: TcpLimits = defaultLimits) {
    this.#responder = responder;
    this.#limits = limits;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  /**
   * @param fd of a listening socket, which is the server's from now on
   * @param onError gets what goes wrong with the socket itself
   */
  listen(fd: number, onError: (error: Error) => void): void {
    this.#server.on('error', onError);
    this.#server.listen({ fd });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open.keys()) socket.destroy();
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#open.size;
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress;
    // A link-local address has the name of its interface at its end.
    const bytes = parseAddress(address?.split('%')[0] ?? '');
    // It is gone already.
    if (address === undefined || bytes === undefined) {
      socket.destroy();
      return;
    }
    const own = [...this.#open].filter(([, other]) => other === address);
    if (own.length >= this.#limits.perAddress) this.#evict(own[0]?.[0]);
    else if (this.#open.size >= this.#limits.connections) this.#evict(this.#open.keys().next().value);
    this.#open.set(socket, address);
    socket.on('close', () => this.#open.delete(socket));
    new TcpConnection(socket, this.#responder, bytes, this.#limits);
  }

  #evict(socket: Socket | undefined): void {
    if (socket === undefined) return;
    this.#open.delete(socket);
    socket.destroy();
  }
}

const defaultLimits: TcpLimits = { idle: 10_000, connections: 512, perAddress: 64 };
