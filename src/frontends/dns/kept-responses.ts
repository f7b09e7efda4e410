import { randomInt } from 'node:crypto';
import type { Machine } from '../../machine/machine.ts';
import { HEADER, headerFlags, type Query } from './query.ts';
import { CLASS_IN, recordTypes } from './records.ts';
import { OPT_SIZE, UDP_PAYLOAD } from './response.ts';

/**
 * Responses to questions for addresses of machines, to be given again until the names change. What is kept is the same
 * whoever asks and however he spells the name; id, flags, question and OPT record come from the query. So there is one
 * for a name and a type, and names that nobody has leave nothing behind.
 *
 * Made for speed: with ten thousand names, what is slow is memory that is not in the processor's cache. A question is
 * found in place, without a text or an object being made of it, by one look into a table of numbers and one into the
 * bytes of questions and responses, and the response is written where it is sent from.
 */
export class KeptResponses {
  readonly #asked: (machine: Machine) => void;
  /** Open addressing: of each slot four numbers, see below. */
  #table = new Int32Array(FEWEST * SLOT);
  /** By slot. */
  #machines: (Machine | undefined)[] = new Array(FEWEST);
  #count = 0;
  /** For each response: its flags and its numbers of records, the question in lower case, the records. */
  #bytes = new Uint8Array(FEWEST * 64);
  #used = 0;
  #second = 0;
  /** So that nobody can tell which names get in each other's way. */
  readonly #seed: number = randomInt(2 ** 31);

  /** @param asked told of a machine that is asked for, once a second at most for each name and type */
  constructor(asked: (machine: Machine) => void) {
    this.#asked = asked;
  }

  /** Responses that are kept. */
  get size(): number {
    return this.#count;
  }

  /** Bytes that they take. */
  get memory(): number {
    return this.#table.byteLength + this.#bytes.byteLength;
  }

  /** Forgets all, which is to be done at each change of the names. */
  clear(): void {
    if (this.#count === 0) return;
    this.#table.fill(0);
    this.#machines.fill(undefined);
    this.#count = 0;
    this.#used = 0;
  }

  /** To be called before `answer` is, once for any number of queries that come together. */
  begin(): void {
    this.#second = Math.floor(performance.now() / 1000);
  }

  /**
   * Writes the response to a query at `to` and gives its length, 512 bytes at most; 0 when it is not kept, or the query
   * is none of those that are asked most of the time: one question, and an OPT record without options if any.
   * @param from @param end where in the memory the query is
   */
  answer(memory: Uint8Array, from: number, end: number, to: number): number {
    // Neither a response nor an operation other than QUERY; one question, no records but an additional one.
    if (end - from < HEADER + SHORTEST || ((memory[from + 2] as number) & 0xf8) !== 0) return 0;
    if (memory[from + 5] !== 1 || (memory[from + 11] as number) > 1) return 0;
    if (memory[from + 4] || memory[from + 6] || memory[from + 7] || memory[from + 8]) return 0;
    if (memory[from + 9] || memory[from + 10]) return 0;
    const edns = memory[from + 11] === 1;
    const start = from + HEADER;
    const stop = edns ? end - OPT_SIZE : end;
    if (edns && !isUsualOpt(memory, stop)) return 0;
    if (stop - start < SHORTEST || stop - start > LONGEST) return 0;
    const hash = hashOf(memory, start, stop, this.#seed);
    const table = this.#table;
    for (let probe = 0; probe < PROBES; probe++) {
      const at = slotAt(hash + probe, table);
      const lengths = table[at + LENGTHS] as number;
      if (lengths === 0) return 0;
      const kept = table[at + PLACE] as number;
      if (table[at] !== hash || !this.#isQuestion(memory, start, stop, kept + HEAD, lengths >>> 16)) continue;
      this.#write(memory, from, stop, to, kept, lengths, edns);
      if (table[at + SECOND] !== this.#second) {
        table[at + SECOND] = this.#second;
        this.#asked(this.#machines[at / SLOT] as Machine);
      }
      return stop - from + (lengths & 0xffff) + (edns ? OPT_SIZE : 0);
    }
    return 0;
  }

  /**
   * Keeps a response, if it is one that can be kept: it is whole and fits into the smallest message that an asker takes,
   * whatever he says.
   * @param machine whose name it is that was asked for, in whatever case
   */
  keep({ question, edns }: Query, response: Uint8Array, machine: Machine): void {
    const { wire, type } = question;
    if ((type !== recordTypes.A && type !== recordTypes.AAAA) || question.class !== CLASS_IN) return;
    const records = HEADER + wire.length;
    const end = response.length - (edns === undefined ? 0 : OPT_SIZE);
    const truncated = ((response[2] as number) & (headerFlags.truncated >> 8)) !== 0;
    if (truncated || end + OPT_SIZE > SMALLEST_LIMIT) return;
    const needed = HEAD + end - HEADER;
    if (!this.#makeRoom(needed)) return;
    const hash = hashOf(wire, 0, wire.length, this.#seed);
    const at = this.#freeSlot(hash, wire);
    if (at === undefined) return;
    const bytes = this.#bytes;
    const place = this.#used;
    bytes[place] = (response[2] as number) & ~(headerFlags.recursionDesired >> 8);
    bytes[place + 1] = (response[3] as number) & ~headerFlags.checkingDisabled;
    for (let index = 0; index < 4; index++) bytes[place + 2 + index] = response[6 + index] as number;
    const fixed = wire.length - FIXED;
    for (let index = 0; index < wire.length; index++) {
      const byte = wire[index] as number;
      bytes[place + HEAD + index] = index < fixed && isUpper(byte) ? byte | 0x20 : byte;
    }
    bytes.set(response.subarray(records, end), place + HEAD + wire.length);
    this.#table[at] = hash;
    this.#table[at + PLACE] = place;
    this.#table[at + LENGTHS] = (wire.length << 16) | (end - records);
    this.#table[at + SECOND] = this.#second;
    this.#machines[at / SLOT] = machine;
    this.#used += needed;
    this.#count++;
  }

  #isQuestion(memory: Uint8Array, start: number, stop: number, kept: number, length: number): boolean {
    if (stop - start !== length) return false;
    const bytes = this.#bytes;
    const shift = kept - start;
    const fixed = stop - FIXED;
    // No length of a label is a letter, so that labels end at the same places.
    for (let at = start; at < fixed; at++) {
      const byte = memory[at] as number;
      if ((isUpper(byte) ? byte | 0x20 : byte) !== bytes[at + shift]) return false;
    }
    for (let at = fixed; at < stop; at++) if (memory[at] !== bytes[at + shift]) return false;
    return true;
  }

  #write(
    memory: Uint8Array,
    from: number,
    stop: number,
    to: number,
    kept: number,
    lengths: number,
    edns: boolean,
  ): void {
    const bytes = this.#bytes;
    memory[to] = memory[from] as number;
    memory[to + 1] = memory[from + 1] as number;
    memory[to + 2] = (bytes[kept] as number) | ((memory[from + 2] as number) & (headerFlags.recursionDesired >> 8));
    memory[to + 3] = (bytes[kept + 1] as number) | ((memory[from + 3] as number) & headerFlags.checkingDisabled);
    memory[to + 4] = 0;
    memory[to + 5] = 1;
    for (let index = 0; index < 4; index++) memory[to + 6 + index] = bytes[kept + 2 + index] as number;
    memory[to + 10] = 0;
    memory[to + 11] = edns ? 1 : 0;
    let out = to + HEADER;
    for (let at = from + HEADER; at < stop; ) memory[out++] = memory[at++] as number;
    const records = kept + HEAD + (lengths >>> 16);
    for (let at = records, last = records + (lengths & 0xffff); at < last; ) memory[out++] = bytes[at++] as number;
    if (!edns) return;
    memory[out++] = 0;
    memory[out++] = 0;
    memory[out++] = recordTypes.OPT;
    memory[out++] = UDP_PAYLOAD >> 8;
    memory[out++] = UDP_PAYLOAD & 0xff;
    memory[out++] = 0;
    memory[out++] = 0;
    memory[out++] = memory[stop + OPT_FLAGS] as number;
    memory[out++] = 0;
    memory[out++] = 0;
    memory[out] = 0;
  }

  /** A slot for a new response; undefined where there is one to that question, or too many others are in its way. */
  #freeSlot(hash: number, question?: Uint8Array): number | undefined {
    const table = this.#table;
    for (let probe = 0; probe < PROBES; probe++) {
      const at = slotAt(hash + probe, table);
      const length = (table[at + LENGTHS] as number) >>> 16;
      if (length === 0) return at;
      const kept = (table[at + PLACE] as number) + HEAD;
      if (question && table[at] === hash && this.#isQuestion(question, 0, question.length, kept, length))
        return undefined;
    }
    return undefined;
  }

  /** False where there are as many as may be: the others are not kept until the names change. */
  #makeRoom(needed: number): boolean {
    if (this.#used + needed > this.#bytes.length) {
      if (this.#bytes.length * 2 > MOST_BYTES) return false;
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    if (this.#count * SLOT * 2 < this.#table.length) return true;
    return this.#table.length < MOST * SLOT && this.#growTable();
  }

  #growTable(): boolean {
    const [table, machines] = [this.#table, this.#machines];
    this.#table = new Int32Array(table.length * 2);
    this.#machines = new Array(machines.length * 2);
    this.#count = 0;
    for (let from = 0; from < table.length; from += SLOT) {
      const at = table[from + LENGTHS] === 0 ? undefined : this.#freeSlot(table[from] as number);
      if (at === undefined) continue;
      for (let index = 0; index < SLOT; index++) this.#table[at + index] = table[from + index] as number;
      this.#machines[at / SLOT] = machines[from / SLOT];
      this.#count++;
    }
    return true;
  }
}

// Of a slot: the hash, and where the response is; the lengths of its question, in the upper half, and of its records,
// both 0 in a free slot; and in which second its machine was last told of.
const PLACE = 1;
const LENGTHS = 2;
const SECOND = 3;
const SLOT = 4;

/** Slots at first, and at most; half of them are used. A power of two. */
const FEWEST = 256;
const MOST = 65_536;
/** Bytes: with the table, three megabytes, which is 20,000 usual ones. */
const MOST_BYTES = 2 * 1024 * 1024;
/** Slots that are looked at. */
const PROBES = 16;
/** Flags and numbers of records. */
const HEAD = 6;
/** Bytes of a question: one label of one letter; the longest name. */
const SHORTEST = 3 + 4;
const LONGEST = 255 + 4;
/** Type and class. */
const FIXED = 4;
/** RFC 1035 4.2.1 */
const SMALLEST_LIMIT = 512;
/** In an OPT record. */
const OPT_FLAGS = 7;

/** An OPT record without options, of version 0 and with no flag but DO; nothing else can be in these bytes. */
function isUsualOpt(memory: Uint8Array, at: number): boolean {
  return (
    memory[at] === 0 &&
    memory[at + 1] === 0 &&
    memory[at + 2] === recordTypes.OPT &&
    memory[at + 5] === 0 &&
    memory[at + 6] === 0 &&
    ((memory[at + OPT_FLAGS] as number) & 0x7f) === 0 &&
    memory[at + 8] === 0 &&
    memory[at + 9] === 0 &&
    memory[at + 10] === 0
  );
}

/** Of a question, whatever its case. */
function hashOf(memory: Uint8Array, start: number, stop: number, seed: number): number {
  let hash = seed;
  for (let at = start; at < stop; at++) hash = Math.imul(hash ^ ((memory[at] as number) | 0x20), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

function slotAt(hash: number, table: Int32Array): number {
  return (hash * SLOT) & (table.length - 1);
}

function isUpper(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
