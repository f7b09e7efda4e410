import type { Machine } from '../../machine/machine.ts';
import type { NamedId } from '../../resolver/named-id.ts';
import { PreparedReply } from '../../varlink/index.ts';
import type { EncodedRecord } from './encode.ts';

/**
 * Replies with records of users or of groups, as bytes. One is made for each machine and number of digits; for another
 * id only the digits are put in, which are all that differs.
 */
export class RecordReplies {
  readonly #encode: (found: NamedId) => EncodedRecord;
  /** Of each machine, by how many digits the id inside has, on which the rest of the name depends. */
  readonly #templates = new WeakMap<Machine, (Template | undefined)[]>();

  /** @param encode makes a record in which the ids are where `Template` looks for them */
  constructor(encode: (found: NamedId) => EncodedRecord) {
    this.#encode = encode;
  }

  /** The message of the reply, good until the next one is asked for. */
  message(found: NamedId): Uint8Array {
    const { machine, id, insideId } = found;
    const digits = decimalDigits(insideId);
    const known = this.#templates.get(machine);
    const template = known?.[digits];
    if (template !== undefined && template.idDigits === decimalDigits(id)) return template.fill(id, insideId);
    const made = new Template(new PreparedReply({ record: this.#encode(found) }).message, found);
    const templates = known ?? [];
    templates[digits] = made;
    if (known === undefined) this.#templates.set(machine, templates);
    return made.fill(id, insideId);
  }
}

/** The bytes of a reply, and where in them the digits are. */
class Template {
  readonly idDigits: number;
  readonly #insideDigits: number;
  readonly #message: Buffer;
  /** Behind the last digit: of the id, and of the id inside in the name and in the description. */
  readonly #id: number;
  readonly #name: number;
  readonly #description: number;

  constructor(message: Buffer, { id, insideId }: NamedId) {
    this.#message = message;
    this.idDigits = decimalDigits(id);
    this.#insideDigits = decimalDigits(insideId);
    // A machine's name has no quotation marks, colons, commas or spaces, and may itself end in a hyphen and digits, but
    // the user's or group's name comes first.
    this.#id = endOf(message, `":${id},`) - 1;
    this.#name = endOf(message, `-${insideId}"`) - 1;
    this.#description = endOf(message, ` ${insideId} `) - 1;
  }

  fill(id: number, insideId: number): Uint8Array {
    const message = this.#message;
    putDigits(message, this.#id, this.idDigits, id);
    putDigits(message, this.#name, this.#insideDigits, insideId);
    putDigits(message, this.#description, this.#insideDigits, insideId);
    return message;
  }
}

function endOf(message: Buffer, text: string): number {
  const at = message.indexOf(text);
  if (at < 0) throw new Error(`there is no ${text} in a record`);
  return at + text.length;
}

function decimalDigits(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  return digits;
}

function putDigits(message: Buffer, end: number, digits: number, value: number): void {
  let rest = value;
  for (let at = end - 1; at >= end - digits; at--) {
    const tens = Math.floor(rest / 10);
    message[at] = 0x30 + rest - tens * 10;
    rest = tens;
  }
}
