import { closeSync } from 'node:fs';
import { DatagramBatch } from './datagram-batch.ts';
import { EPOLLIN, type EventLoop, type Watch } from './event-loop.ts';
import { addressBytes, type InternetAddress } from './internet-address.ts';
import { openUdp } from './internet-socket.ts';
import { errnoName, lastErrno, SystemError } from './libc.ts';
import { SocketMessage, sendMessage } from './socket-message.ts';

/** A datagram that came, good while its callback runs. */
export interface Datagram {
  readonly bytes: Buffer;
  /** The sender's address, 4 or 16 bytes. */
  sender(): Uint8Array;
  /** What sends an answer later, from the address that the datagram was sent to. Nobody learns whether it arrives. */
  later(): (answer: Uint8Array) => void;
}

/**
 * A UDP socket on an {@link EventLoop}. Datagrams are taken and answered several at a time, a batch in each round of
 * the loop. One of more than 2 KiB is passed over.
 */
export class UdpSocket {
  readonly #loop: EventLoop;
  readonly #fd: number;
  readonly #batch = new DatagramBatch();
  #watch: Watch | undefined;
  #closed = false;

  /** Throws as `openUdp`. */
  constructor(loop: EventLoop, address: InternetAddress, shown: string) {
    this.#loop = loop;
    this.#fd = openUdp(address, shown);
  }

  /** Starts receiving. What the callback gives back, up to 2 KiB, is sent to the sender. */
  start(answer: (datagram: Datagram) => Uint8Array | undefined): void {
    this.#watch = this.#loop.watch(this.#fd, EPOLLIN, () => this.#receive(answer));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch?.stop();
    closeSync(this.#fd);
  }

  #receive(answer: (datagram: Datagram) => Uint8Array | undefined): void {
    const count = this.#batch.receive(this.#fd);
    if (count < 0) {
      const errno = lastErrno();
      // A network that is down is told of here; it may come up again.
      if (!passing.has(errnoName(errno))) throw new SystemError(errno, 'recvmmsg');
      return;
    }
    for (let index = 0; index < count; index++) {
      const place = this.#batch.place(index);
      if (place.truncated) continue;
      const response = answer({
        bytes: place.bytes,
        sender: () => addressBytes(place.name),
        later: () => this.#later(place.name, place.control),
      });
      if (this.#closed) return;
      if (response !== undefined) place.answer(response);
    }
    this.#batch.send(this.#fd, count);
  }

  #later(name: DataView, control: Uint8Array): (answer: Uint8Array) => void {
    const message = new SocketMessage(control.length, name.byteLength);
    copy(name, message.name);
    copy(control, message.control);
    return (answer) => {
      if (this.#closed) return;
      message.data = answer;
      sendMessage(this.#fd, message.header, MSG_DONTWAIT);
    };
  }
}

const MSG_DONTWAIT = 0x40;
const passing: ReadonlySet<string> = new Set([
  'EAGAIN',
  'EINTR',
  'ENETDOWN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENOMEM',
  'ENOBUFS',
]);

function copy(from: ArrayBufferView, to: ArrayBufferView): void {
  new Uint8Array(to.buffer, to.byteOffset).set(new Uint8Array(from.buffer, from.byteOffset, from.byteLength));
}
