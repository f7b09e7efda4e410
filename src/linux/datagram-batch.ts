import koffi from 'koffi';
import { SOCKET_ADDRESS_SIZE } from './internet-address.ts';
import { IP_PKTINFO, SOL_IP } from './internet-socket.ts';
import { declare, errnoName, lastErrno } from './libc.ts';
import { MSG_DONTWAIT, MSG_TRUNC } from './socket.ts';
import { CONTROL_HEADER, controlSize, LITTLE_ENDIAN, messageHeader, setWord, WORD } from './socket-message.ts';

/**
 * Datagrams that come with one recvmmsg(2) and are answered with one sendmmsg(2). What came at a place is answered at
 * the same place, from the address that it was sent to.
 *
 * All of it is one piece of memory, which the kernel knows by its address only, and in which nothing but lengths
 * changes from batch to batch: headers for receiving and for sending, which share names and control messages, what they
 * point to, and room for datagrams.
 */
export class DatagramBatch {
  /** Where datagrams come, and their answers go. */
  readonly memory: Uint8Array = new Uint8Array(new ArrayBuffer(MEMORY_SIZE));
  readonly #numbers = new Int32Array(this.memory.buffer);
  readonly #address: number;
  readonly #answered = new Uint8Array(PLACES);
  readonly #controlSize: number;

  /** @param everywhere the socket is at the address of all, and so is told where each datagram was sent */
  constructor(everywhere: boolean) {
    const address = koffi.address(this.memory.buffer);
    const view = new DataView(this.memory.buffer);
    this.#address = Number(address);
    this.#controlSize = everywhere ? CONTROL_SIZE : 0;
    for (let place = 0; place < PLACES; place++) {
      for (const [header, vector, data, size] of [
        [place, place, inputAt(place), LONGEST_INPUT],
        [PLACES + place, PLACES + place, outputAt(place), LONGEST_OUTPUT],
      ] as const) {
        const [at, vectorAt] = [header * STRIDE, VECTORS + vector * VECTOR_SIZE];
        setWord(view, at + messageHeader.NAME, address + BigInt(NAMES + place * NAME_SIZE));
        setWord(view, at + messageHeader.VECTOR, address + BigInt(vectorAt));
        setWord(view, at + messageHeader.VECTOR_COUNT, 1n);
        setWord(view, at + messageHeader.CONTROL, address + BigInt(CONTROLS + place * CONTROL_SIZE));
        setWord(view, vectorAt, address + BigInt(data));
        setWord(view, vectorAt + WORD, BigInt(size));
      }
    }
  }

  /** Takes what is there: how many, or -1 with the error number set. What does not fit into a place is cut off. */
  receive(fd: number): number {
    const numbers = this.#numbers;
    for (let place = 0; place < PLACES; place++) {
      numbers[place * STRIDE_NUMBERS + NAME_LENGTH] = SOCKET_ADDRESS_SIZE;
      numbers[place * STRIDE_NUMBERS + CONTROL_LENGTH] = this.#controlSize;
      this.#answered[place] = 0;
    }
    return receiveMessages(fd, this.#address, PLACES, MSG_DONTWAIT, 0);
  }

  /** Where in `memory` the datagram at a place begins. */
  start(place: number): number {
    return inputAt(place);
  }

  /** Where in `memory` it ends. */
  end(place: number): number {
    return inputAt(place) + (this.#numbers[place * STRIDE_NUMBERS + SIZE] as number);
  }

  /** Where in `memory` its answer is to be. */
  room(place: number): number {
    return outputAt(place);
  }

  /** True when the datagram was longer than what is there of it. */
  isTruncated(place: number): boolean {
    return ((this.#numbers[place * STRIDE_NUMBERS + FLAGS] as number) & MSG_TRUNC) !== 0;
  }

  /** Who sent it: a socket address. */
  name(place: number): DataView {
    const length = this.#numbers[place * STRIDE_NUMBERS + NAME_LENGTH] as number;
    return new DataView(this.memory.buffer, NAMES + place * NAME_SIZE, Math.min(length, SOCKET_ADDRESS_SIZE));
  }

  /** The control message that has the answer go out from where the question came in; empty where that needs none. */
  control(place: number): Uint8Array {
    this.#anyInterface(place);
    const length = this.#numbers[place * STRIDE_NUMBERS + CONTROL_LENGTH] as number;
    return new Uint8Array(this.memory.buffer, CONTROLS + place * CONTROL_SIZE, Math.min(length, CONTROL_SIZE));
  }

  /** Takes note of an answer of so many bytes, up to 2 KiB, that is in its room. */
  answer(place: number, length: number): void {
    const numbers = this.#numbers;
    const from = place * STRIDE_NUMBERS;
    const to = from + PLACES * STRIDE_NUMBERS;
    numbers[to + NAME_LENGTH] = numbers[from + NAME_LENGTH] as number;
    const control = numbers[from + CONTROL_LENGTH] as number;
    numbers[to + CONTROL_LENGTH] = control;
    if (control > 0) this.#anyInterface(place);
    numbers[OUTPUT_LENGTHS + place * VECTOR_NUMBERS] = length;
    this.#answered[place] = 1;
  }

  /** Puts an answer there, of up to 2 KiB. */
  put(place: number, bytes: Uint8Array): void {
    if (bytes.length > LONGEST_OUTPUT) throw new RangeError(`an answer of ${bytes.length} bytes`);
    this.memory.set(bytes, outputAt(place));
    this.answer(place, bytes.length);
  }

  /**
   * Sends the answers that are noted at the first `count` places. One that the kernel will not send (there is no way to
   * the asker) is given up; when it has no room for more, so are the rest: who asked will ask again.
   */
  send(fd: number, count: number): void {
    const answered = this.#answered;
    for (let at = 0; at < count; ) {
      let end = at;
      while (end < count && answered[end] !== 0) end++;
      if (end === at) at++;
      while (at < end) {
        const sent: number = sendMessages(fd, this.#address + (PLACES + at) * STRIDE, end - at, MSG_DONTWAIT);
        if (sent > 0) at += sent;
        else {
          const code = errnoName(lastErrno());
          if (code === 'EAGAIN' || code === 'ENOBUFS') return;
          if (code !== 'EINTR') at++;
        }
      }
    }
  }

  // The way back may be another than the way here: the address stays, the interface is the routes' to choose.
  #anyInterface(place: number): void {
    const at = (CONTROLS + place * CONTROL_SIZE) / 4;
    if (this.#numbers[at + WORD / 4] !== SOL_IP || this.#numbers[at + WORD / 4 + 1] !== IP_PKTINFO) return;
    this.#numbers[at + CONTROL_HEADER / 4] = 0;
  }
}

// More than about ten are never there at once: the sender has to be woken in between.
const PLACES = 16;
const LONGEST_INPUT = 2048;
const LONGEST_OUTPUT = 2048;
/** A cache line more than the datagram, or all of them would begin at the same few places of the processor's cache. */
const DATA_STRIDE = 2048 + 64;
// struct mmsghdr
const STRIDE = Math.ceil((messageHeader.SIZE + 4) / WORD) * WORD;
const VECTOR_SIZE = 2 * WORD;
const NAME_SIZE = Math.ceil(SOCKET_ADDRESS_SIZE / WORD) * WORD;
// One struct in6_pktinfo, the larger of the two.
const CONTROL_SIZE = controlSize(20);

// Bytes from the beginning.
const VECTORS = 2 * PLACES * STRIDE;
const NAMES = VECTORS + 2 * PLACES * VECTOR_SIZE;
const CONTROLS = NAMES + PLACES * NAME_SIZE;
const DATA = Math.ceil((CONTROLS + PLACES * CONTROL_SIZE) / 64) * 64;
const MEMORY_SIZE = DATA + 2 * PLACES * DATA_STRIDE;

// 32-bit numbers from the beginning of a header. Of a number as wide as a pointer, which is never so large, the low half.
const LOW = WORD === 8 && !LITTLE_ENDIAN ? 1 : 0;
const STRIDE_NUMBERS = STRIDE / 4;
const NAME_LENGTH = messageHeader.NAME_LENGTH / 4;
const CONTROL_LENGTH = messageHeader.CONTROL_LENGTH / 4 + LOW;
const FLAGS = messageHeader.FLAGS / 4;
const SIZE = messageHeader.SIZE / 4;
const VECTOR_NUMBERS = VECTOR_SIZE / 4;
const OUTPUT_LENGTHS = (VECTORS + PLACES * VECTOR_SIZE + WORD) / 4 + LOW;

// An address as a number costs less for each call than a buffer.
const receiveMessages = declare('int recvmmsg(int fd, uintptr_t headers, uint count, int flags, uintptr_t timeout)');
const sendMessages = declare('int sendmmsg(int fd, uintptr_t headers, uint count, int flags)');

function inputAt(place: number): number {
  return DATA + place * DATA_STRIDE;
}

function outputAt(place: number): number {
  return inputAt(PLACES + place);
}
