/**
 * D-Bus messages as a load generator and an echo service need them (D-Bus Specification, "Message Protocol"): little
 * endian, bodies of bytes. Of its own, so that what is measured is not measured with itself.
 */

/** Message types (D-Bus Specification, "Message Types"). */
export const METHOD_CALL = 1;
export const METHOD_RETURN = 2;
export const ERROR = 3;

/** Header fields that are of use here (D-Bus Specification, "Header Fields"). */
export const PATH = 1;
export const INTERFACE = 2;
export const MEMBER = 3;
export const ERROR_NAME = 4;
export const REPLY_SERIAL = 5;
export const DESTINATION = 6;
export const SENDER = 7;
export const SIGNATURE = 8;

/** Bytes with which a message's length can be told. */
export const PREFIX = 16;

/** A header field's code and its value: a number for REPLY_SERIAL, text for the others. */
export type Field = readonly [code: number, value: string | number];

/** A message that is read as far as it matters here. */
export interface Message {
  readonly type: number;
  readonly serial: number;
  readonly fields: ReadonlyMap<number, string | number>;
  readonly body: Uint8Array;
}

/** A message without a serial: {@link setSerial} gives it one. */
export function encodeMessage(type: number, fields: readonly Field[], body: Uint8Array = new Uint8Array(0)): Buffer {
  const encoded = Buffer.concat(fields.map((field, index) => encodeField(field, index === fields.length - 1)));
  const prefix = Buffer.alloc(PREFIX);
  prefix[0] = LITTLE_ENDIAN;
  prefix[1] = type;
  prefix[3] = VERSION;
  prefix.writeUInt32LE(body.length, BODY_LENGTH);
  prefix.writeUInt32LE(encoded.length, FIELDS_LENGTH);
  return Buffer.concat([prefix, encoded, padding(encoded.length), body]);
}

/** A call of a method with one string for its arguments, or none. */
export function encodeCall(
  destination: string,
  path: string,
  method: readonly [interfaceName: string, member: string],
  argument?: string,
): Buffer {
  const fields: Field[] = [
    [PATH, path],
    [INTERFACE, method[0]],
    [MEMBER, method[1]],
    [DESTINATION, destination],
  ];
  if (argument === undefined) return encodeMessage(METHOD_CALL, fields);
  return encodeMessage(METHOD_CALL, [...fields, [SIGNATURE, 's']], string(argument));
}

/** Numbers a message: the sender's number for it, not 0. */
export function setSerial(message: Uint8Array, serial: number): void {
  message[SERIAL] = serial;
  message[SERIAL + 1] = serial >>> 8;
  message[SERIAL + 2] = serial >>> 16;
  message[SERIAL + 3] = serial >>> 24;
}

/** How long a message is that begins with these {@link PREFIX} bytes. */
export function messageLength(prefix: Uint8Array): number {
  const fields = uint32(prefix, FIELDS_LENGTH);
  return PREFIX + fields + (-fields & 7) + uint32(prefix, BODY_LENGTH);
}

/** How long the body is of a message that begins with these {@link PREFIX} bytes. */
export function bodyLength(prefix: Uint8Array): number {
  return uint32(prefix, BODY_LENGTH);
}

/** Reads a whole message as a bus of this machine sends it: little endian. */
export function decodeMessage(message: Uint8Array): Message {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length);
  const fields = new Map<number, string | number>();
  const end = PREFIX + bytes.readUInt32LE(FIELDS_LENGTH);
  for (let at = PREFIX; at < end; ) {
    const code = bytes[at] as number;
    const type = String.fromCharCode(bytes[at + 2] as number);
    if (type === 'u') {
      fields.set(code, bytes.readUInt32LE(at + 4));
      at += 8;
    } else {
      const [start, length] = type === 'g' ? [at + 5, bytes[at + 4] as number] : [at + 8, bytes.readUInt32LE(at + 4)];
      fields.set(code, bytes.toString('utf8', start, start + length));
      at = start + length + 1;
    }
    at += -at & 7;
  }
  const body = bytes.subarray(bytes.length - bodyLength(bytes));
  return { type: bytes[1] as number, serial: bytes.readUInt32LE(SERIAL), fields, body };
}

/** A string as it stands in a body. */
export function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes, Buffer.alloc(1)]);
}

// A structure of a byte and a variant; all but the last are followed by what aligns the next one.
function encodeField([code, value]: Field, last: boolean): Buffer {
  const type = typeof value === 'number' ? 'u' : code === SIGNATURE ? 'g' : code === PATH ? 'o' : 's';
  const head = Buffer.from([code, 1, type.charCodeAt(0), 0]);
  const field = Buffer.concat([head, encodeValue(type, value)]);
  return last ? field : Buffer.concat([field, padding(field.length)]);
}

function encodeValue(type: string, value: string | number): Buffer {
  if (typeof value === 'number') {
    const number = Buffer.alloc(4);
    number.writeUInt32LE(value);
    return number;
  }
  return type === 'g' ? Buffer.from([value.length, ...Buffer.from(value), 0]) : string(value);
}

function padding(length: number): Buffer {
  return Buffer.alloc(-length & 7);
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

const LITTLE_ENDIAN = 'l'.charCodeAt(0);
const VERSION = 1;
const BODY_LENGTH = 4;
const SERIAL = 8;
const FIELDS_LENGTH = 12;
