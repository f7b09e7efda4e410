import { Attributes, align, LITTLE_ENDIAN } from './attributes.ts';
import { NetlinkError, NetlinkFormatError } from './netlink-error.ts';

/**
 * struct nlmsghdr (netlink(7)) and what follows it. `body` looks into the receive buffer: valid until the next receive.
 */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: DataView;
}

/** Message types below NLMSG_MIN_TYPE, which are netlink's own. */
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

/** Flags, netlink(7). */
export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
/** The dump is inconsistent, because something changed meanwhile: ask again. */
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_DUMP = 0x300;
/** On an NLMSG_ERROR or NLMSG_DONE: the request is not repeated in it, or attributes follow. */
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;

const HEADER = 16;

/** Cuts a datagram into its messages. Throws a {@link NetlinkFormatError} when a length does not fit. */
export function parseMessages(datagram: DataView): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at < datagram.byteLength; ) {
    const left = datagram.byteLength - at;
    const length = left < HEADER ? left : datagram.getUint32(at, LITTLE_ENDIAN);
    if (length < HEADER || length > left) {
      throw new NetlinkFormatError(`message at ${at} says it is ${length} bytes long, of ${left} left`);
    }
    messages.push({
      type: datagram.getUint16(at + 4, LITTLE_ENDIAN),
      flags: datagram.getUint16(at + 6, LITTLE_ENDIAN),
      sequence: datagram.getUint32(at + 8, LITTLE_ENDIAN),
      body: new DataView(datagram.buffer, datagram.byteOffset + at + HEADER, length - HEADER),
    });
    at += align(length);
  }
  return messages;
}

/**
 * The error that an NLMSG_ERROR or NLMSG_DONE carries, or undefined: NLMSG_ERROR with number 0 is an acknowledgement.
 * @param request what was asked, for the error's text.
 */
export function errorOf(message: Message, request: string): NetlinkError | undefined {
  const { type, flags, body } = message;
  if (body.byteLength < 4) {
    // Before Linux 2.6 a dump could end in an empty NLMSG_DONE.
    if (type === NLMSG_DONE) return undefined;
    throw new NetlinkFormatError(`error message of ${body.byteLength} bytes`);
  }
  const errno = -body.getInt32(0, LITTLE_ENDIAN);
  return errno > 0 ? new NetlinkError(errno, request, explanationOf(type, flags, body)) : undefined;
}

/** Builds one message: the fixed part first, then attributes. */
export class MessageWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = HEADER;

  constructor(type: number, flags: number) {
    this.#bytes = pieceOfStore();
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
    this.#view.setUint16(4, type, LITTLE_ENDIAN);
    this.#view.setUint16(6, flags, LITTLE_ENDIAN);
  }

  u8(value: number): this {
    this.#bytes[this.#grow(1)] = value;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#grow(4), value, LITTLE_ENDIAN);
    return this;
  }

  /** `count` zero bytes. */
  zeros(count: number): this {
    this.#grow(count);
    return this;
  }

  /** An attribute with a 32-bit number, signed or not. */
  number(type: number, value: number): this {
    return this.nest(type, (writer) => writer.u32(value));
  }

  bytes(value: Uint8Array): this {
    this.#bytes.set(value, this.#grow(value.length));
    return this;
  }

  /** An attribute with whatever `fill` writes: a number, bytes, further attributes. */
  nest(type: number, fill: (writer: this) => void): this {
    const start = this.#grow(4);
    fill(this);
    const length = this.#length - start;
    if (length > 0xffff) throw new NetlinkFormatError(`attribute ${type} of ${length} bytes is too long`);
    this.#view.setUint16(start, length, LITTLE_ENDIAN);
    this.#view.setUint16(start + 2, type, LITTLE_ENDIAN);
    this.#grow(align(length) - length);
    return this;
  }

  /** The whole message. It can be finished again, with another sequence number. */
  finish(sequence: number): Uint8Array {
    this.#view.setUint32(0, this.#length, LITTLE_ENDIAN);
    this.#view.setUint32(8, sequence, LITTLE_ENDIAN);
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Zeros for a message, of a store that many have pieces of: an ArrayBuffer of its own takes longer than all the rest. */
function pieceOfStore(): Uint8Array {
  if (taken + PIECE > store.byteLength) {
    store = new ArrayBuffer(STORE);
    taken = 0;
  }
  taken += PIECE;
  return new Uint8Array(store, taken - PIECE, PIECE);
}

const STORE = 4096;
const PIECE = 64;
let store = new ArrayBuffer(STORE);
let taken = 0;

// After the number, an NLMSG_ERROR repeats the request, or only its header when capped; attributes come after that.
function explanationOf(type: number, flags: number, body: DataView): string | undefined {
  if ((flags & NLM_F_ACK_TLVS) === 0) return undefined;
  let offset = 4;
  if (type === NLMSG_ERROR) {
    if (body.byteLength < 4 + HEADER) throw new NetlinkFormatError(`error message of ${body.byteLength} bytes`);
    offset += (flags & NLM_F_CAPPED) === 0 ? align(body.getUint32(4, LITTLE_ENDIAN)) : HEADER;
  }
  const attributes = new Attributes(body, offset);
  while (attributes.next()) {
    if (attributes.type === NLMSGERR_ATTR_MSG) return attributes.string();
  }
  return undefined;
}

const NLMSGERR_ATTR_MSG = 1;
