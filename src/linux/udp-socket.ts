import { closeSync } from 'node:fs';
import { DatagramBatch } from './datagram-batch.ts';
import { EPOLLIN, type EventLoop, type Watch } from './event-loop.ts';
import { addressBytes, type InternetAddress } from './internet-address.ts';
import { openUdp } from './internet-socket.ts';
import { errnoName, lastErrno, SystemError } from './libc.ts';
import { MSG_DONTWAIT } from './socket.ts';
import { SocketMessage, sendMessage } from './socket-message.ts';

/** A datagram that came, good while its callback runs. */
export interface Datagram {
  readonly bytes: Buffer;
  /** The sender's address, 4 or 16 bytes. */
  sender(): Uint8Array;
  /** What sends an answer later, from the address that the datagram was sent to. Nobody learns whether it arrives. */
  later(): (answer: Uint8Array) => void;
}

/** What answers most datagrams, quicker than the callback: it finds them in memory and puts the answers there. */
export interface DatagramShortcut {
  /** Some datagrams are going to come. */
  begin(): void;
  /**
   * How many bytes of an answer, up to 2 KiB, it has put at `to`; 0: the callback is to answer.
   * @param from @param end where in the memory the datagram is
   */
  answer(memory: Uint8Array, from: number, end: number, to: number): number;
}

/**
 * A UDP socket on an {@link EventLoop}. Datagrams are taken and answered several at a time, a batch in each round of
 * the loop. One of more than 2 KiB is passed over.
 */
export class UdpSocket {
  readonly #loop: EventLoop;
  readonly #fd: number;
  readonly #batch: DatagramBatch;
  #watch: Watch | undefined;
  #closed = false;

  /** Throws as `openUdp`. */
  constructor(loop: EventLoop, address: InternetAddress, shown: string) {
    this.#loop = loop;
    this.#fd = openUdp(address, shown);
    this.#batch = new DatagramBatch(address.bytes.every((byte) => byte === 0));
  }

  /**
   * Starts receiving. What the callback gives back, up to 2 KiB, is sent to the sender. It is asked for what the shortcut
   * does not answer.
   */
  start(answer: (datagram: Datagram) => Uint8Array | undefined, shortcut?: DatagramShortcut): void {
    this.#watch = this.#loop.watch(this.#fd, EPOLLIN, () => this.#receive(answer, shortcut), 'datagrams');
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch?.stop();
    closeSync(this.#fd);
  }

  #receive(answer: (datagram: Datagram) => Uint8Array | undefined, shortcut: DatagramShortcut | undefined): void {
    const batch = this.#batch;
    const count = batch.receive(this.#fd);
    if (count < 0) {
      const errno = lastErrno();
      // A network that is down is told of here; it may come up again.
      if (!passing.has(errnoName(errno))) throw new SystemError(errno, 'recvmmsg');
      return;
    }
    shortcut?.begin();
    const { memory } = batch;
    for (let place = 0; place < count; place++) {
      if (batch.isTruncated(place)) continue;
      const [from, end, to] = [batch.start(place), batch.end(place), batch.room(place)];
      const length = shortcut?.answer(memory, from, end, to) ?? 0;
      if (length > 0) {
        batch.answer(place, length);
        continue;
      }
      const response = answer({
        bytes: Buffer.from(memory.buffer, from, end - from),
        sender: () => addressBytes(batch.name(place)),
        later: () => this.#later(batch.name(place), batch.control(place)),
      });
      if (this.#closed) return;
      if (response !== undefined) batch.put(place, response);
    }
    batch.send(this.#fd, count);
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
