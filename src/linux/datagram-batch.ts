import koffi from 'koffi';
import { SOCKET_ADDRESS_SIZE } from './internet-address.ts';
import { IP_PKTINFO, SOL_IP } from './internet-socket.ts';
import { declare, errnoName, lastErrno } from './libc.ts';
import { CONTROL_HEADER, controlSize, getWord, LITTLE_ENDIAN, messageHeader, setWord, WORD } from './socket-message.ts';

/**
 * Datagrams that come with one recvmmsg(2) and are answered with one sendmmsg(2): `struct mmsghdr` and what it points
 * to. What came at a place is answered at the same place, from the address that it was sent to.
 */
export class DatagramBatch {
  readonly #headers = new ArrayBuffer(PLACES * STRIDE);
  readonly #view = new DataView(this.#headers);
  readonly #places: readonly Place[];

  constructor() {
    this.#places = Array.from({ length: PLACES }, (_, index) => new Place(this.#view, index * STRIDE));
  }

  /** Takes what is there: how many, or -1 with the error number set. What does not fit into a place is cut off. */
  receive(fd: number): number {
    for (const place of this.#places) place.reset();
    return receiveMessages(fd, this.#headers, PLACES, MSG_DONTWAIT, null);
  }

  place(index: number): Place {
    return this.#places[index] as Place;
  }

  /**
   * Answers at the first `count` places that have an answer. One that the kernel will not send (there is no way to the
   * asker) is given up; when it has no room for more, so are the rest: who asked will ask again.
   */
  send(fd: number, count: number): void {
    for (let at = 0; at < count; ) {
      let end = at;
      while (end < count && this.place(end).answered) end++;
      if (end === at) at++;
      while (at < end) {
        const sent: number = sendMessages(fd, new Uint8Array(this.#headers, at * STRIDE), end - at, MSG_DONTWAIT);
        if (sent > 0) at += sent;
        else {
          const code = errnoName(lastErrno());
          if (code === 'EAGAIN' || code === 'ENOBUFS') return;
          if (code !== 'EINTR') at++;
        }
      }
    }
  }
}

/** Room for one datagram, and for its answer. */
export class Place {
  readonly #view: DataView;
  readonly #at: number;
  // The kernel knows all of these by address only: they stay where they are while this object holds them.
  readonly #name = new DataView(new ArrayBuffer(SOCKET_ADDRESS_SIZE));
  readonly #control = new DataView(new ArrayBuffer(CONTROL_SIZE));
  readonly #input = Buffer.from(new ArrayBuffer(LONGEST_INPUT));
  readonly #output = new Uint8Array(new ArrayBuffer(LONGEST_OUTPUT));
  readonly #inputVector = vector(this.#input);
  readonly #outputVector = vector(this.#output);
  readonly #inputAddress = koffi.address(this.#inputVector.buffer);
  readonly #outputAddress = koffi.address(this.#outputVector.buffer);
  /** Whether `answer` was called since it was received. */
  answered = false;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
    setWord(view, at + messageHeader.NAME, koffi.address(this.#name.buffer));
    setWord(view, at + messageHeader.VECTOR_COUNT, 1n);
    setWord(view, at + messageHeader.CONTROL, koffi.address(this.#control.buffer));
  }

  /** Makes it ready for the next datagram. */
  reset(): void {
    this.answered = false;
    this.#view.setUint32(this.#at + messageHeader.NAME_LENGTH, SOCKET_ADDRESS_SIZE, LITTLE_ENDIAN);
    setWord(this.#view, this.#at + messageHeader.VECTOR, this.#inputAddress);
    setWord(this.#view, this.#at + messageHeader.CONTROL_LENGTH, CONTROL_LENGTH);
  }

  /** True when the datagram was longer than what is there of it. */
  get truncated(): boolean {
    return (this.#view.getInt32(this.#at + messageHeader.FLAGS, LITTLE_ENDIAN) & MSG_TRUNC) !== 0;
  }

  /** What came, until the next datagrams are received. */
  get bytes(): Buffer {
    return this.#input.subarray(0, this.#view.getUint32(this.#at + messageHeader.SIZE, LITTLE_ENDIAN));
  }

  /** Who sent it: a socket address. */
  get name(): DataView {
    return new DataView(
      this.#name.buffer,
      0,
      this.#view.getUint32(this.#at + messageHeader.NAME_LENGTH, LITTLE_ENDIAN),
    );
  }

  /** The control message that has the answer go out from where the question came in; empty where that needs none. */
  get control(): Uint8Array {
    this.#anyInterface();
    const length = Number(getWord(this.#view, this.#at + messageHeader.CONTROL_LENGTH));
    return new Uint8Array(this.#control.buffer, 0, Math.min(length, CONTROL_SIZE));
  }

  /** Puts an answer there, of up to 2 KiB. */
  answer(bytes: Uint8Array): void {
    this.#output.set(bytes);
    setWord(this.#outputVector, WORD, BigInt(bytes.length));
    setWord(this.#view, this.#at + messageHeader.VECTOR, this.#outputAddress);
    this.#anyInterface();
    this.answered = true;
  }

  // The way back may be another than the way here: the address stays, the interface is the routes' to choose.
  #anyInterface(): void {
    const control = this.#control;
    if (control.getInt32(WORD, LITTLE_ENDIAN) !== SOL_IP || control.getInt32(WORD + 4, LITTLE_ENDIAN) !== IP_PKTINFO) {
      return;
    }
    control.setInt32(CONTROL_HEADER, 0, LITTLE_ENDIAN);
  }
}

// More than about ten are never there at once: the sender has to be woken in between.
const PLACES = 16;
const STRIDE = Math.ceil((messageHeader.SIZE + 4) / WORD) * WORD;
const LONGEST_INPUT = 2048;
const LONGEST_OUTPUT = 2048;
// One struct in6_pktinfo, the larger of the two.
const CONTROL_SIZE = controlSize(20);
const CONTROL_LENGTH = BigInt(CONTROL_SIZE);
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;

const receiveMessages = declare('int recvmmsg(int fd, void *headers, uint count, int flags, void *timeout)');
const sendMessages = declare('int sendmmsg(int fd, void *headers, uint count, int flags)');

function vector(bytes: Uint8Array): DataView {
  const view = new DataView(new ArrayBuffer(2 * WORD));
  setWord(view, 0, koffi.address(bytes.buffer as ArrayBuffer));
  setWord(view, WORD, BigInt(bytes.length));
  return view;
}
