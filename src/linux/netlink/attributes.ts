import { endianness } from 'node:os';
import { NetlinkFormatError } from './netlink-error.ts';

/** Netlink is in the byte order of the machine, as for DataView's methods. */
export const LITTLE_ENDIAN: boolean = endianness() === 'LE';

/** Messages and attributes begin at multiples of four (NLMSG_ALIGN, RTA_ALIGN). */
export function align(length: number): number {
  // Not with bit operations: a hostile length of 2^31 would come out negative.
  return Math.ceil(length / 4) * 4;
}

/**
 * A cursor over attributes (struct rtattr: 16-bit length with header, 16-bit type, payload, padding to four bytes).
 *
 * `next()` steps; the other methods are about the attribute it stepped on. All throw a {@link NetlinkFormatError}
 * for a length that does not fit what is around it, or a payload too short for what is asked of it. Nothing outside
 * the view is ever read, whatever the lengths say.
 */
export class Attributes {
  /** Without the bits NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
  type = 0;
  readonly #view: DataView;
  #next: number;
  #start = 0;
  #end = 0;

  /** Over what follows a message's fixed part of `offset` bytes. */
  constructor(view: DataView, offset = 0) {
    if (offset > view.byteLength) {
      throw new NetlinkFormatError(
        `message body of ${view.byteLength} bytes is shorter than its fixed part of ${offset}`,
      );
    }
    this.#view = view;
    this.#next = align(offset);
  }

  /** Steps to the next attribute; false when there is none. */
  next(): boolean {
    const at = this.#next;
    const left = this.#view.byteLength - at;
    if (left <= 0) return false;
    if (left < HEADER) throw new NetlinkFormatError(`${left} bytes at ${at} are no attribute`);
    const length = this.#view.getUint16(at, LITTLE_ENDIAN);
    if (length < HEADER || length > left) {
      throw new NetlinkFormatError(`attribute at ${at} says it is ${length} bytes long, of ${left} left`);
    }
    this.type = this.#view.getUint16(at + 2, LITTLE_ENDIAN) & TYPE_MASK;
    this.#start = at + HEADER;
    this.#end = at + length;
    this.#next = at + align(length);
    return true;
  }

  /** Payload length in bytes. */
  get length(): number {
    return this.#end - this.#start;
  }

  u32(): number {
    return this.#view.getUint32(this.#number(4), LITTLE_ENDIAN);
  }

  i32(): number {
    return this.#view.getInt32(this.#number(4), LITTLE_ENDIAN);
  }

  /** A copy: the buffer below may be used for the next message. */
  bytes(): Uint8Array {
    return this.#payload().slice();
  }

  /** Up to the first NUL, or to the end. */
  string(): string {
    const payload = this.#payload();
    const nul = payload.indexOf(0);
    return Buffer.from(payload.buffer, payload.byteOffset, nul < 0 ? payload.length : nul).toString();
  }

  /** The attributes inside this one. */
  nested(): Attributes {
    const payload = this.#payload();
    return new Attributes(new DataView(payload.buffer, payload.byteOffset, payload.length));
  }

  // Later kernels may append to a fixed-size payload, so longer is right.
  #number(size: number): number {
    if (this.length < size) {
      throw new NetlinkFormatError(`attribute ${this.type} has ${this.length} bytes, not ${size}`);
    }
    return this.#start;
  }

  #payload(): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#start, this.length);
  }
}

const HEADER = 4;
// NLA_TYPE_MASK
const TYPE_MASK = 0x3fff;
