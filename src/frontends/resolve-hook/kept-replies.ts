import { randomInt } from 'node:crypto';
import type { Machine } from '../../machine/machine.ts';

/** A reply that can be given again to the same call. */
export interface KeptReply {
  readonly message: Uint8Array;
  /** Whom it is about. */
  readonly machines: readonly Machine[];
}

/**
 * Replies by the bytes of the calls that they are for. To be cleared whenever a name or an address changes. What is long
 * is not kept, and no more than there is room for.
 *
 * Call and reply are next to each other in one piece of memory: that of any among many machines has to come from memory,
 * and is waited for once, where objects would be waited for one after the other. A reply is known by its place there, a
 * multiple of four, which holds until the next is kept.
 */
export class KeptReplies {
  /** First the message that was given last; then, one after the other, what is kept: a header, the call, the message. */
  #bytes = Buffer.alloc(0);
  #view = new DataView(this.#bytes.buffer);
  #end = BEGINNING;
  /** By a hash of the call, there or a few further on: a quarter of the place, or 0. */
  #index = new Uint32Array(0);
  /** So that nobody can choose names that get in another's way. */
  readonly #seed = randomInt(2 ** 31);
  readonly #machines: (readonly Machine[])[] = [];
  /** The beginnings of the bytes, by length: to make one takes as long as to find a reply. */
  readonly #given: Buffer[] = [];

  clear(): void {
    if (this.#end === BEGINNING) return;
    this.#end = BEGINNING;
    this.#index = new Uint32Array(0);
    this.#machines.length = 0;
  }

  /** The place of the reply to a call; 0 when there is none. */
  find(call: Uint8Array): number {
    const index = this.#index;
    if (index.length === 0 || call.length > LONGEST_CALL) return 0;
    const hash = hashOf(call, this.#seed);
    for (let entry = hash; entry < hash + ENTRIES; entry++) {
      const place = 4 * (index[entry & (index.length - 1)] as number);
      if (place !== 0 && this.#isFor(place, call, hash)) return place;
    }
    return 0;
  }

  /** The message at a place, good until another is given or kept. */
  message(place: number): Buffer {
    const view = this.#view;
    const start = place + HEADER + view.getUint16(place + CALL_LENGTH);
    const length = view.getUint16(place + MESSAGE_LENGTH);
    this.#bytes.copyWithin(0, start, start + length);
    const given = this.#given[length];
    if (given !== undefined) return given;
    const made = this.#bytes.subarray(0, length);
    this.#given[length] = made;
    return made;
  }

  /** Whom the reply at a place is about. */
  machines(place: number): readonly Machine[] {
    return this.#machines[this.#view.getUint32(place + MACHINES)] ?? [];
  }

  /** Keeps a reply to a call that has none yet. */
  keep(call: Uint8Array, { message, machines }: KeptReply): void {
    if (call.length > LONGEST_CALL || message.length > LONGEST_MESSAGE) return;
    const size = sizeOf(call.length, message.length);
    if (this.#end + size > MOST) this.clear();
    this.#reserve(this.#end + size);
    const place = this.#end;
    const view = this.#view;
    view.setUint32(place, hashOf(call, this.#seed));
    view.setUint16(place + CALL_LENGTH, call.length);
    view.setUint16(place + MESSAGE_LENGTH, message.length);
    view.setUint32(place + MACHINES, this.#machines.push(machines) - 1);
    this.#bytes.set(call, place + HEADER);
    this.#bytes.set(message, place + HEADER + call.length);
    this.#end += size;
    if (this.#enter(place)) return;
    this.#end = place;
    this.#machines.pop();
  }

  #isFor(place: number, call: Uint8Array, hash: number): boolean {
    const view = this.#view;
    if (view.getUint32(place) !== hash || view.getUint16(place + CALL_LENGTH) !== call.length) return false;
    const bytes = this.#bytes;
    let at = place + HEADER;
    for (let index = 0; index < call.length; index++) if (bytes[at++] !== call[index]) return false;
    return true;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const bytes = Buffer.alloc(Math.max(FIRST_ROOM, 2 * length));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#given.length = 0;
  }

  /** False where too many have nearly the same hash: it could not be found again. */
  #enter(place: number): boolean {
    if (2 * this.#machines.length < this.#index.length) return this.#put(place);
    this.#index = new Uint32Array(Math.max(32, 2 * this.#index.length));
    const view = this.#view;
    for (let each = BEGINNING; each < this.#end; ) {
      this.#put(each);
      each += sizeOf(view.getUint16(each + CALL_LENGTH), view.getUint16(each + MESSAGE_LENGTH));
    }
    return true;
  }

  #put(place: number): boolean {
    const index = this.#index;
    const hash = this.#view.getUint32(place);
    for (let entry = hash; entry < hash + ENTRIES; entry++) {
      const at = entry & (index.length - 1);
      if (index[at] !== 0) continue;
      index[at] = place / 4;
      return true;
    }
    return false;
  }
}

/** Bytes in all: both kinds of addresses of more than ten thousand machines. */
const MOST = 8 * 1024 * 1024;
const FIRST_ROOM = 16 * 1024;
/** Bytes: two questions for a name of 64 bytes each. */
const LONGEST_CALL = 320;
/** Bytes: some ten addresses. */
const LONGEST_MESSAGE = 2048;
/** Bytes: a machine's name of 64, with a dot, and what follows it. */
const HASHED = 72;
const BEGINNING = LONGEST_MESSAGE;
const ENTRIES = 8;

// The header: a hash, two lengths, and which machines it is about.
const CALL_LENGTH = 4;
const MESSAGE_LENGTH = 6;
const MACHINES = 8;
const HEADER = 12;

function sizeOf(call: number, message: number): number {
  return Math.ceil((HEADER + call + message) / 4) * 4;
}

/** FNV-1a from a number of our own, of its last bytes, in which all of the last name is, 31 bits. */
function hashOf(call: Uint8Array, seed: number): number {
  let hash = seed ^ call.length;
  for (let at = Math.max(0, call.length - HASHED); at < call.length; at++) {
    hash = Math.imul(hash ^ (call[at] as number), 0x0100_0193);
  }
  return (hash ^ (hash >>> 15)) & 0x7fff_ffff;
}
