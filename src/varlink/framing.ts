import { ProtocolError } from './errors.ts';

/** Longest message, without its final NUL byte. The same as in sd-varlink 262, which lets a little more through. */
export const maximumMessageLength: number = 16 * 1024 * 1024;

/**
 * Cuts a byte stream into messages, each ended by a NUL byte (https://varlink.org/Method-Call).
 *
 *     decoder.push(chunk);
 *     for (let message = decoder.next(); message !== undefined; message = decoder.next()) handle(message);
 *     decoder.hold();
 *
 * A message that lies in one chunk is not copied: it is a view, valid until the next call. Taking messages may stop
 * at any point and go on later. The time is linear in the bytes, whatever the size of the chunks.
 */
export class MessageDecoder {
  readonly #limit: number;
  /** Either the chunk of the caller, or bytes of our own. */
  #data: Buffer = empty;
  #borrowed = false;
  /** What is left is from start to end; there is no NUL before scanned. */
  #start = 0;
  #scanned = 0;
  #end = 0;

  constructor(limit: number = maximumMessageLength) {
    this.#limit = limit;
  }

  /** Number of bytes that are waiting: messages not taken yet, and the beginning of one. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Adds bytes. They may be used in place until `hold` is called. */
  push(chunk: Uint8Array): void {
    if (this.#borrowed) this.hold();
    if (this.#start === this.#end) {
      this.#data = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      this.#borrowed = true;
      this.#start = this.#scanned = 0;
      this.#end = chunk.length;
    } else {
      this.#reserve(chunk.length);
      this.#data.set(chunk, this.#end);
      this.#end += chunk.length;
    }
  }

  /** The next whole message without its NUL, or undefined. Throws {@link ProtocolError} for one over the limit. */
  next(): Buffer | undefined {
    const nul = this.#scanned < this.#end ? this.#data.indexOf(0, this.#scanned) : -1;
    const end = nul === -1 || nul >= this.#end ? this.#end : nul;
    if (end - this.#start > this.#limit) throw new ProtocolError(`a message is longer than ${this.#limit} bytes`);
    if (end === this.#end) {
      this.#scanned = end;
      return undefined;
    }
    const message = this.#data.subarray(this.#start, end);
    this.#start = this.#scanned = end + 1;
    return message;
  }

  /** Copies what was not taken, so that the chunk is the caller's again. */
  hold(): void {
    if (this.#start === this.#end) {
      this.#data = empty;
    } else if (this.#borrowed) {
      this.#data = Buffer.from(this.#data.subarray(this.#start, this.#end));
      this.#end -= this.#start;
      this.#scanned -= this.#start;
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
    this.#scanned -= this.#start;
    this.#start = 0;
    this.#end = length;
  }
}

/** The bytes of messages: JSON texts, each with its NUL byte. */
export function encodeMessages(texts: string): Buffer {
  return Buffer.from(texts, 'utf8');
}

const empty = Buffer.alloc(0);
