import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { Listener, Peer, Transport, TransportEvents } from './transport.ts';

/** Where to listen or connect: the path of a socket, or a name in Linux's abstract namespace. */
export type SocketAddress = { readonly path: string } | { readonly abstract: string };

/**
 * Listens with node:net, at an address or on a descriptor that listens already (as of socket activation). The listener
 * is ready when the promise is fulfilled; it is rejected with the system's error. Nothing is known of the peers.
 */
export function listen(at: SocketAddress | { readonly fd: number }): Promise<Listener> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const listener = new NetListener(server);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen('fd' in at ? { fd: at.fd } : { path: socketPath(at) }, () => {
      server.off('error', reject);
      resolve(listener);
    });
  });
}

/** Connects with node:net. Rejected with the system's error, or with the signal's reason. */
export function connect(to: SocketAddress, signal?: AbortSignal): Promise<Transport> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = createConnection({ path: socketPath(to), allowHalfOpen: true });
    const abort = () => socket.destroy(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const done = () => signal?.removeEventListener('abort', abort);
    socket.once('error', (error) => {
      done();
      reject(error);
    });
    socket.once('connect', () => {
      done();
      socket.removeAllListeners('error');
      socket.pause();
      resolve(new NetTransport(socket));
    });
  });
}

class NetListener implements Listener {
  readonly #server: Server;
  #accept: ((transport: Transport) => void) | undefined;
  #early: Transport[] = [];

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      const transport = new NetTransport(socket);
      if (this.#accept === undefined) this.#early.push(transport);
      else this.#accept(transport);
    });
  }

  start(accept: (transport: Transport) => void): void {
    this.#accept = accept;
    // Running out of descriptors is not the end: the kernel keeps those who wait.
    this.#server.on('error', () => {});
    for (const transport of this.#early.splice(0)) accept(transport);
  }

  close(): void {
    this.#server.close();
    for (const transport of this.#early.splice(0)) transport.destroy();
  }
}

class NetTransport implements Transport {
  readonly peer: Peer = unknownPeer;
  readonly #socket: Socket;
  #paused = false;
  #blocked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    // The error comes along with 'close', and may come before `start`.
    socket.on('error', () => {});
  }

  start(events: TransportEvents): void {
    const socket = this.#socket;
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('data', (chunk: Buffer) => events.data(chunk));
    socket.on('drain', () => {
      this.#blocked = false;
      this.#adjust();
      events.drain();
    });
    // An end is all that node:net sees, whether the peer has shut down one direction or is gone.
    socket.on('end', () => events.ended(true));
    socket.on('close', () => events.closed(failure));
    this.#adjust();
  }

  send(bytes: Uint8Array): boolean {
    if (this.#socket.write(bytes) || this.#socket.writableLength === 0) return true;
    this.#blocked = true;
    this.#adjust();
    return false;
  }

  pause(): void {
    this.#paused = true;
    this.#adjust();
  }

  resume(): void {
    this.#paused = false;
    this.#adjust();
  }

  end(): void {
    // Whatever the peer still sends is of no interest; a reader that never reads is the user's to destroy.
    this.#socket.end(() => this.#socket.destroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #adjust(): void {
    if (this.#paused || this.#blocked) this.#socket.pause();
    else this.#socket.resume();
  }
}

const unknownPeer: Peer = {
  uid: undefined,
  gid: undefined,
  pid: undefined,
  openPidfd() {
    throw new Error('node:net does not tell who the peer is');
  },
};

function socketPath(address: SocketAddress): string {
  return 'path' in address ? address.path : `\0${address.abstract}`;
}
