import { ProtocolError } from '../errors.ts';
import { BIG_ENDIAN, ERROR, FIXED_HEADER, LITTLE_ENDIAN, METHOD_RETURN, VERSION } from './message.ts';

/** A whole message, or, where the body is not kept, its header. */
export interface Frame {
  /** Valid until the next call of the decoder. */
  readonly bytes: Buffer;
  readonly bodyKept: boolean;
}

/** Limits of the D-Bus Specification ("Message Format"), in bytes. */
const MAXIMUM_MESSAGE = 128 * 1024 * 1024;
const MAXIMUM_FIELDS = 64 * 1024 * 1024;

/**
 * Cuts a byte stream into messages.
 *
 *     decoder.push(chunk);
 *     for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) handle(frame);
 *     decoder.hold();
 *
 * A message that lies in one chunk is not copied. The time is linear in the bytes, whatever the size of the chunks.
 */
export class FrameDecoder {
  readonly #maximumBody: number;
  /** Either the chunk of the caller, or bytes of our own. */
  #data: Buffer = EMPTY;
  #borrowed = false;
  /** What is left is from start to end. */
  #start = 0;
  #end = 0;
  /** Bytes of a body that are passed over as they come. */
  #passOver = 0;

  /** @param maximumBody of a call or signal, in bytes: a longer one is passed over without being kept */
  constructor(maximumBody: number) {
    this.#maximumBody = maximumBody;
  }

  /** Whether it is between two messages. */
  get empty(): boolean {
    return this.#start === this.#end && this.#passOver === 0;
  }

  /** Adds bytes. They may be used in place until `hold` is called. */
  push(bytes: Uint8Array): void {
    const skipped = Math.min(this.#passOver, bytes.length);
    this.#passOver -= skipped;
    const chunk = skipped === 0 ? bytes : bytes.subarray(skipped);
    if (this.#borrowed) this.hold();
    if (this.#start === this.#end) {
      this.#data = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      this.#borrowed = true;
      this.#start = 0;
      this.#end = chunk.length;
    } else {
      this.#reserve(chunk.length);
      this.#data.set(chunk, this.#end);
      this.#end += chunk.length;
    }
  }

  /** The next message, or undefined. Throws {@link ProtocolError} for bytes that begin none, or one over the limits. */
  next(): Frame | undefined {
    const available = this.#end - this.#start;
    if (available < FIXED_HEADER) return undefined;
    const data = this.#data;
    const at = this.#start;
    const little = data[at] === LITTLE_ENDIAN;
    if (!little && data[at] !== BIG_ENDIAN) throw new ProtocolError(`a message begins with the byte ${data[at]}`);
    if (data[at + 3] !== VERSION) throw new ProtocolError(`a message is of version ${data[at + 3]} of the protocol`);
    const bodyLength = little ? data.readUInt32LE(at + 4) : data.readUInt32BE(at + 4);
    const fieldsLength = little ? data.readUInt32LE(at + 12) : data.readUInt32BE(at + 12);
    const headerLength = (FIXED_HEADER + fieldsLength + 7) & ~7;
    if (fieldsLength > MAXIMUM_FIELDS || headerLength + bodyLength > MAXIMUM_MESSAGE) {
      throw new ProtocolError(`a message has ${fieldsLength} bytes of fields and ${bodyLength} of body`);
    }
    const bodyKept = bodyLength <= this.#maximumBody || data[at + 1] === METHOD_RETURN || data[at + 1] === ERROR;
    const length = bodyKept ? headerLength + bodyLength : headerLength;
    if (available < length) return undefined;
    this.#start += length;
    if (!bodyKept) {
      const skipped = Math.min(bodyLength, this.#end - this.#start);
      this.#start += skipped;
      this.#passOver = bodyLength - skipped;
    }
    return { bytes: data.subarray(at, at + length), bodyKept };
  }

  /** Copies what was not taken, so that the chunk is the caller's again. */
  hold(): void {
    if (this.#start === this.#end) {
      this.#data = EMPTY;
      this.#start = this.#end = 0;
    } else if (this.#borrowed) {
      this.#data = Buffer.from(this.#data.subarray(this.#start, this.#end));
      this.#end -= this.#start;
      this.#start = 0;
    }
    this.#borrowed = false;
  }

  #reserve(more: number): void {
    const length = this.#end - this.#start;
    let target = this.#data;
    if (this.#end + more <= target.length) return;
    // Moving within the buffer only while it is half empty keeps the time linear.
    if (length + more > target.length / 2) target = Buffer.allocUnsafeSlow(Math.max(256, 2 * (length + more)));
    this.#data.copy(target, 0, this.#start, this.#end);
    this.#data = target;
    this.#start = 0;
    this.#end = length;
  }
}

const EMPTY = Buffer.alloc(0);
