import type { NamedId } from '../../resolver/named-id.ts';
import { PreparedReply } from '../../varlink/index.ts';
import type { EncodedRecord } from './encode.ts';
import type { RunRecords } from './run-records.ts';

/**
 * Replies with records of users or of groups, as bytes. One is kept for each length that its names and numbers can have;
 * for another user only these are put in, which are all that differs. No reply is kept for each machine: among ten thousand
 * it would take long to come from memory.
 */
export class RecordReplies {
  readonly #encode: (found: NamedId) => EncodedRecord;
  /** By the lengths. There are as many as names of machines have lengths, times a few digits. */
  readonly #templates = new Map<number, Template>();

  /** @param encode makes a record in which names and numbers are where `Template` looks for them */
  constructor(encode: (found: NamedId) => EncodedRecord) {
    this.#encode = encode;
  }

  /** The message of the reply, good until the next one is asked for. */
  message(found: NamedId): Uint8Array {
    const lengths = lengthsOf(found);
    const known = this.#templates.get(lengths);
    if (known !== undefined) return known.fill(found);
    const made = new Template(new PreparedReply({ record: this.#encode(found) }).message, found);
    this.#templates.set(lengths, made);
    return made.fill(found);
  }

  /** The same for a user or group in a known run; undefined when there was none like it before. */
  messageOf(runs: RunRecords, run: number, id: number, insideId: number): Uint8Array | undefined {
    const length = runs.labelLength(run);
    return this.#templates.get(lengthsKey(length, length, id, insideId))?.fillFrom(runs, run, id, insideId);
  }
}

/** The bytes of a reply, and where in them the names and numbers are. */
class Template {
  readonly #message: Buffer;
  /** Where the machine's label in the user's name begins, and its name in the description. */
  readonly #label: number;
  readonly #machine: number;
  /** Behind the last digit: of the id, and of the id inside in the name and in the description. */
  readonly #id: number;
  readonly #name: number;
  readonly #description: number;

  constructor(message: Buffer, { machine, label, id, insideId }: NamedId) {
    // No name has quotation marks, colons, commas or spaces, and the user's or group's name comes first.
    this.#message = message;
    this.#label = placeOf(message, `${label}-${insideId}"`, 0);
    this.#name = this.#label + `${label}-${insideId}`.length;
    this.#id = placeOf(message, `":${id},`, this.#name) + `":${id}`.length;
    this.#description = placeOf(message, ` ${insideId} `, this.#id) + ` ${insideId}`.length;
    this.#machine = placeOf(message, ` ${machine.name}"`, this.#description) + 1;
  }

  /** Puts in names and numbers that have the same lengths. */
  fill({ machine, label, id, insideId }: NamedId): Uint8Array {
    putText(this.#message, this.#label, label);
    putText(this.#message, this.#machine, machine.name);
    return this.#fillNumbers(id, insideId);
  }

  fillFrom(runs: RunRecords, run: number, id: number, insideId: number): Uint8Array {
    runs.putLabel(run, this.#message, this.#label);
    runs.putLabel(run, this.#message, this.#machine);
    return this.#fillNumbers(id, insideId);
  }

  #fillNumbers(id: number, insideId: number): Uint8Array {
    const message = this.#message;
    putNumber(message, this.#name, insideId);
    putNumber(message, this.#id, id);
    putNumber(message, this.#description, insideId);
    return message;
  }
}

function lengthsOf({ machine, label, id, insideId }: NamedId): number {
  return lengthsKey(machine.name.length, label.length, id, insideId);
}

/** The lengths of all that differs in one number: names have 64 bytes at most. */
function lengthsKey(machineName: number, label: number, id: number, insideId: number): number {
  return ((machineName * 128 + label) * 16 + digitsOf(id)) * 16 + digitsOf(insideId);
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  return digits;
}

function placeOf(message: Buffer, text: string, start: number): number {
  const at = message.indexOf(text, start);
  if (at < 0) throw new Error(`there is no ${text} in a record`);
  return at;
}

/** All names are ASCII. */
function putText(message: Buffer, start: number, text: string): void {
  for (let index = 0; index < text.length; index++) message[start + index] = text.charCodeAt(index);
}

/** Puts the digits of a number of 32 bits up to a place, over as many as there were. */
function putNumber(message: Buffer, end: number, value: number): void {
  let at = end;
  let rest = value >>> 0;
  do {
    const tens = (rest / 10) >>> 0;
    message[--at] = ZERO + rest - 10 * tens;
    rest = tens;
  } while (rest > 0);
}

const ZERO = 0x30;
