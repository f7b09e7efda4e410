import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { declare } from './libc.ts';
import { MSG_NOSIGNAL, SOL_SOCKET } from './socket.ts';

/** Descriptors that came with bytes of a stream (SCM_RIGHTS, unix(7)). They belong to whoever is given them. */
export interface PassedDescriptors {
  /** In the order in which they were sent, each close-on-exec. */
  readonly numbers: readonly number[];
  /** More were sent, but this process had no number left for them (MSG_CTRUNC): nobody can get them any more. */
  readonly truncated: boolean;
}

/** The most descriptors that the kernel passes with one piece (SCM_MAX_FD of Linux). */
export const MAXIMUM_DESCRIPTORS = 253;

/**
 * Receives bytes into a buffer together with the descriptors that were sent along. The kernel never puts those of two
 * sendmsg(2) into one piece: what has come before the bytes that they were sent with may be in it, what came after not.
 */
export class DescriptorReceiver {
  /** Those of the last `receive`, or undefined. */
  descriptors: PassedDescriptors | undefined;
  readonly #message = newMessage();
  // Known to the kernel by its address only, so it must be referenced from here.
  readonly #buffer: ArrayBuffer;

  constructor(buffer: ArrayBuffer) {
    this.#buffer = buffer;
    setWord(this.#message.vector, 0, koffi.address(buffer));
    setWord(this.#message.vector, WORD, BigInt(this.#buffer.byteLength));
  }

  /** As recv(2): the number of bytes, 0 at the end, or negative with the error number set. */
  receive(fd: number): number {
    const { header } = this.#message;
    setWord(header, CONTROL_LENGTH, BigInt(CONTROL_SIZE));
    const count = receiveMessage(fd, header.buffer, MSG_CMSG_CLOEXEC);
    this.descriptors = undefined;
    if (count <= 0) return count;
    const length = Number(getWord(header, CONTROL_LENGTH));
    const truncated = (header.getInt32(FLAGS, LITTLE_ENDIAN) & MSG_CTRUNC) !== 0;
    if (length > 0 || truncated) this.descriptors = { numbers: this.#read(length), truncated };
    return count;
  }

  // Control messages as cmsg(3) lays them out. Descriptors are all that can come, but others are stepped over.
  #read(end: number): number[] {
    const numbers: number[] = [];
    const view = this.#message.control;
    for (let at = 0; at + CMSG_HEADER <= end; ) {
      const length = Number(getWord(view, at));
      if (length < CMSG_HEADER) break;
      const rights = view.getInt32(at + WORD, LITTLE_ENDIAN) === SOL_SOCKET;
      if (rights && view.getInt32(at + WORD + 4, LITTLE_ENDIAN) === SCM_RIGHTS) {
        for (let place = at + CMSG_HEADER; place + 4 <= at + length; place += 4) {
          numbers.push(view.getInt32(place, LITTLE_ENDIAN));
        }
      }
      at += Math.ceil(length / WORD) * WORD;
    }
    return numbers;
  }
}

/**
 * Sends bytes with descriptors, which stay open here. As send(2): the number of bytes taken, and with the first of them
 * all descriptors, or negative with the error number set; then nothing has been sent.
 */
export function sendWithDescriptors(fd: number, bytes: Uint8Array, descriptors: readonly number[]): number {
  const length = CMSG_HEADER + descriptors.length * 4;
  const control = outgoing.control;
  setWord(control, 0, BigInt(length));
  control.setInt32(WORD, SOL_SOCKET, LITTLE_ENDIAN);
  control.setInt32(WORD + 4, SCM_RIGHTS, LITTLE_ENDIAN);
  for (const [index, descriptor] of descriptors.entries()) {
    control.setInt32(CMSG_HEADER + index * 4, descriptor, LITTLE_ENDIAN);
  }
  setWord(outgoing.vector, 0, koffi.address(bytes));
  setWord(outgoing.vector, WORD, BigInt(bytes.length));
  setWord(outgoing.header, CONTROL_LENGTH, BigInt(length));
  const taken: number = sendMessage(fd, outgoing.header.buffer, MSG_NOSIGNAL);
  // The length is asked for once more so that the bytes, which the kernel knows by address only, were in use until here.
  return Math.min(taken, bytes.length);
}

/** Closes descriptors that are to go nowhere, each number once. One that is closed already keeps none of the others open. */
export function closeDescriptors(descriptors: Iterable<number>): void {
  for (const descriptor of new Set(descriptors)) {
    try {
      closeSync(descriptor);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBADF') throw error;
    }
  }
}

// struct msghdr, iovec and cmsghdr are made of words as wide as a pointer, and 32-bit numbers padded to them:
// name, name length, vector, count, control, control length, flags.
const WORD = koffi.sizeof('void *');
const VECTOR = 2 * WORD;
const VECTOR_COUNT = 3 * WORD;
const CONTROL = 4 * WORD;
const CONTROL_LENGTH = 5 * WORD;
const FLAGS = 6 * WORD;
const HEADER_SIZE = 7 * WORD;
const CMSG_HEADER = WORD + 8;
const CONTROL_SIZE = CMSG_HEADER + Math.ceil((MAXIMUM_DESCRIPTORS * 4) / WORD) * WORD;

const SCM_RIGHTS = 1;
const MSG_CTRUNC = 0x08;
const MSG_CMSG_CLOEXEC = 0x40000000;
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

const receiveMessage = declare('long recvmsg(int fd, void *header, int flags)');
const sendMessage = declare('long sendmsg(int fd, void *header, int flags)');

/** `struct msghdr` and what it points to, which stays where it is for as long as this is referenced. */
interface Message {
  readonly header: DataView;
  readonly vector: DataView;
  readonly control: DataView;
}

function newMessage(): Message {
  const [header, vector, control] = [HEADER_SIZE, 2 * WORD, CONTROL_SIZE].map(
    (size) => new DataView(new ArrayBuffer(size)),
  ) as [DataView, DataView, DataView];
  setWord(header, VECTOR, koffi.address(vector.buffer));
  setWord(header, VECTOR_COUNT, 1n);
  setWord(header, CONTROL, koffi.address(control.buffer));
  return { header, vector, control };
}

function setWord(view: DataView, at: number, value: bigint): void {
  if (WORD === 8) view.setBigUint64(at, value, LITTLE_ENDIAN);
  else view.setUint32(at, Number(value), LITTLE_ENDIAN);
}

function getWord(view: DataView, at: number): bigint {
  return WORD === 8 ? view.getBigUint64(at, LITTLE_ENDIAN) : BigInt(view.getUint32(at, LITTLE_ENDIAN));
}

// One for everybody: a call is over before the next begins.
const outgoing = newMessage();
