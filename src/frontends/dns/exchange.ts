import { createSocket } from 'node:dgram';
import { createConnection, isIPv6 } from 'node:net';
import type { Endpoint } from './endpoint.ts';

/** One question to one server. */
export interface Exchange {
  /** Nothing is called any more. */
  cancel(): void;
}

/** What becomes of an exchange. */
export interface ExchangeEvents {
  /** A message came. True: it was the response, and the exchange is over. */
  message(message: Buffer): boolean;
  /** It failed: there is nobody, or the connection ended. */
  failed(error: Error): void;
}

/**
 * Asks over UDP, from a socket of its own: the kernel gives each a port by chance, and lets nobody's datagrams in but
 * the server's (RFC 5452 9.2).
 */
export function exchangeUdp({ address, port }: Endpoint, query: Uint8Array, events: ExchangeEvents): Exchange {
  const ipv6 = isIPv6(address);
  // It is an address: there is nothing to look up.
  const lookup = (name: string, _: unknown, done: (error: null, address: string, family: number) => void): void =>
    done(null, name, ipv6 ? 6 : 4);
  const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', lookup: lookup as never });
  let over = false;
  const cancel = (): void => {
    if (over) return;
    over = true;
    socket.close();
  };
  const fail = (error: Error): void => {
    if (over) return;
    cancel();
    events.failed(error);
  };
  socket.on('error', fail);
  socket.on('message', (message) => {
    if (!over && events.message(message)) cancel();
  });
  socket.connect(port, address, (error?: Error) => {
    if (over) return;
    if (error) fail(error);
    else socket.send(query, (failure) => failure && fail(failure));
  });
  return { cancel };
}

/** Asks over TCP (RFC 7766), on a connection of its own. */
export function exchangeTcp({ address, port }: Endpoint, query: Uint8Array, events: ExchangeEvents): Exchange {
  const socket = createConnection({ host: address, port });
  const chunks: Buffer[] = [];
  let size = 0;
  let over = false;
  const cancel = (): void => {
    over = true;
    socket.destroy();
  };
  const fail = (error: Error): void => {
    if (over) return;
    cancel();
    events.failed(error);
  };
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  socket.on('data', (chunk) => {
    if (over) return;
    chunks.push(chunk);
    size += chunk.length;
    if (size < 2) return;
    const bytes = Buffer.concat(chunks);
    chunks.splice(0, chunks.length, bytes);
    const end = 2 + bytes.readUInt16BE(0);
    if (size < end) return;
    if (events.message(bytes.subarray(2, end))) cancel();
    else fail(new Error('the server answered something else'));
  });
  const frame = Buffer.alloc(2 + query.length);
  frame.writeUInt16BE(query.length);
  frame.set(query, 2);
  socket.write(frame);
  return { cancel };
}
