import { endianness } from 'node:os';
import koffi from 'koffi';
import { declare, type Native } from './libc.ts';

/** Byte order of this machine. */
export const LITTLE_ENDIAN: boolean = endianness() === 'LE';

// struct msghdr, iovec and cmsghdr are made of words as wide as a pointer, and 32-bit numbers padded to them. msghdr:
// name, name length, vector, count of it, control, control length, flags.
export const WORD: number = koffi.sizeof('void *');
const NAME = 0;
const NAME_LENGTH: number = WORD;
const VECTOR: number = 2 * WORD;
const VECTOR_COUNT: number = 3 * WORD;
const CONTROL: number = 4 * WORD;
const CONTROL_LENGTH: number = 5 * WORD;
const FLAGS: number = 6 * WORD;
const HEADER_SIZE: number = 7 * WORD;

/** Where in `struct msghdr` its fields are, for who has several in a row. */
export const messageHeader: Readonly<
  Record<'NAME' | 'NAME_LENGTH' | 'VECTOR' | 'VECTOR_COUNT' | 'CONTROL' | 'CONTROL_LENGTH' | 'FLAGS' | 'SIZE', number>
> = { NAME, NAME_LENGTH, VECTOR, VECTOR_COUNT, CONTROL, CONTROL_LENGTH, FLAGS, SIZE: HEADER_SIZE };

/** Where the data of a control message begins: after its length, level and type (cmsg(3)). */
export const CONTROL_HEADER: number = WORD + 8;

/** Bytes of a control message with that much data. */
export function controlSize(length: number): number {
  return CONTROL_HEADER + Math.ceil(length / WORD) * WORD;
}

/**
 * `struct msghdr` and what it points to, for sendmsg(2) and recvmsg(2). The kernel knows all of it by address only: it
 * stays where it is for as long as this object is referenced.
 */
export class SocketMessage {
  readonly header: ArrayBuffer = new ArrayBuffer(HEADER_SIZE);
  /** The address of the other side. */
  readonly name: DataView;
  readonly control: DataView;
  readonly #view = new DataView(this.header);
  readonly #vector = new DataView(new ArrayBuffer(2 * WORD));
  // Only referenced.
  #data: ArrayBuffer | Uint8Array | undefined;

  /** @param controlSize @param nameSize bytes, of which there may be none */
  constructor(controlSize: number, nameSize = 0) {
    this.control = new DataView(new ArrayBuffer(controlSize));
    this.name = new DataView(new ArrayBuffer(nameSize));
    if (nameSize > 0) setWord(this.#view, NAME, koffi.address(this.name.buffer));
    setWord(this.#view, VECTOR, koffi.address(this.#vector.buffer));
    setWord(this.#view, VECTOR_COUNT, 1n);
    setWord(this.#view, CONTROL, koffi.address(this.control.buffer));
    this.reset();
  }

  /** The bytes that are sent, or where what is received goes. */
  get data(): ArrayBuffer | Uint8Array | undefined {
    return this.#data;
  }

  set data(bytes: ArrayBuffer | Uint8Array | undefined) {
    this.#data = bytes;
    setWord(this.#vector, 0, bytes === undefined ? 0n : koffi.address(bytes));
    setWord(this.#vector, WORD, BigInt(bytes?.byteLength ?? 0));
  }

  /** Bytes of `control` that are in use. */
  get controlLength(): number {
    return Number(getWord(this.#view, CONTROL_LENGTH));
  }

  set controlLength(length: number) {
    setWord(this.#view, CONTROL_LENGTH, BigInt(length));
  }

  /** What recvmsg(2) says of the message: MSG_TRUNC, MSG_CTRUNC. */
  get flags(): number {
    return this.#view.getInt32(FLAGS, LITTLE_ENDIAN);
  }

  /** Makes all of its room free for the next message, which is to be done before each recvmsg(2). */
  reset(): void {
    this.#view.setUint32(NAME_LENGTH, this.name.byteLength, LITTLE_ENDIAN);
    this.controlLength = this.control.byteLength;
  }

  /** Puts the only control message into `control`. */
  setControl(level: number, type: number, numbers: readonly number[]): void {
    const { control } = this;
    this.controlLength = CONTROL_HEADER + numbers.length * 4;
    setWord(control, 0, BigInt(this.controlLength));
    control.setInt32(WORD, level, LITTLE_ENDIAN);
    control.setInt32(WORD + 4, type, LITTLE_ENDIAN);
    for (const [index, number] of numbers.entries()) {
      control.setInt32(CONTROL_HEADER + index * 4, number, LITTLE_ENDIAN);
    }
  }

  /** The 32-bit numbers in the received control messages of one kind; others are stepped over. */
  controlNumbers(level: number, type: number): number[] {
    const { control } = this;
    const end = Math.min(this.controlLength, control.byteLength);
    const numbers: number[] = [];
    for (let at = 0; at + CONTROL_HEADER <= end; ) {
      const length = Number(getWord(control, at));
      if (length < CONTROL_HEADER) break;
      const wanted =
        control.getInt32(at + WORD, LITTLE_ENDIAN) === level && control.getInt32(at + WORD + 4, LITTLE_ENDIAN) === type;
      for (let place = at + CONTROL_HEADER; wanted && place + 4 <= Math.min(at + length, end); place += 4) {
        numbers.push(control.getInt32(place, LITTLE_ENDIAN));
      }
      at += Math.ceil(length / WORD) * WORD;
    }
    return numbers;
  }
}

/** Both take a socket, {@link SocketMessage.header} and flags, and give a number of bytes or a negative one. */
export const receiveMessage: Native = declare('long recvmsg(int fd, void *header, int flags)');
export const sendMessage: Native = declare('long sendmsg(int fd, void *header, int flags)');

/** Writes a number as wide as a pointer. */
export function setWord(view: DataView, at: number, value: bigint): void {
  if (WORD === 8) view.setBigUint64(at, value, LITTLE_ENDIAN);
  else view.setUint32(at, Number(value), LITTLE_ENDIAN);
}

/** Reads a number as wide as a pointer. */
export function getWord(view: DataView, at: number): bigint {
  return WORD === 8 ? view.getBigUint64(at, LITTLE_ENDIAN) : BigInt(view.getUint32(at, LITTLE_ENDIAN));
}
