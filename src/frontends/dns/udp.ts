import type { Responder } from './responder.ts';
import type { DatagramShortcut } from './transport.ts';

/** A socket that datagrams come in at; src/linux has one. */
export interface DatagramSocket {
  /** What the callback gives back is sent to the sender. */
  start(
    answer: (datagram: {
      /** Good while the callback runs. */
      readonly bytes: Buffer;
      /** The sender's address, 4 or 16 bytes. */
      sender(): Uint8Array;
      /** What sends an answer after the callback has returned. */
      later(): (answer: Uint8Array) => void;
    }) => Uint8Array | undefined,
    shortcut?: DatagramShortcut,
  ): void;
}

/** Answers at a socket. */
export function serveUdp(socket: DatagramSocket, responder: Responder): void {
  socket.start((datagram) => {
    const response = responder.respond(datagram.bytes, () => datagram.sender(), 'udp');
    if (!(response instanceof Promise)) return response;
    const send = datagram.later();
    // Never rejected.
    response.then(send);
    return undefined;
  }, responder.shortcut);
}
