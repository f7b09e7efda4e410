import { ProtocolError } from '../errors.ts';
import { BodyReader } from './body-decoder.ts';
import { FIXED_HEADER, LITTLE_ENDIAN, type Message, type OutgoingMessage, VERSION } from './message.ts';

/** Codes of the header's fields (D-Bus Specification, "Header Fields"). */
const PATH = 1;
const INTERFACE = 2;
const MEMBER = 3;
const ERROR_NAME = 4;
const REPLY_SERIAL = 5;
const DESTINATION = 6;
const SENDER = 7;
const SIGNATURE = 8;
const UNIX_FDS = 9;

const TYPE_STRING = 0x73;
const TYPE_PATH = 0x6f;
const TYPE_SIGNATURE = 0x67;
const TYPE_UINT32 = 0x75;

/** What each field is of; others are passed over. */
const TYPES = [
  0,
  TYPE_PATH,
  TYPE_STRING,
  TYPE_STRING,
  TYPE_STRING,
  TYPE_UINT32,
  TYPE_STRING,
  TYPE_STRING,
  TYPE_SIGNATURE,
  TYPE_UINT32,
];

/**
 * Reads the header of a whole message, as framing.ts cuts it out. The names in it are taken as they are, for the bus
 * has checked them.
 * @param bodyKept false: the body is not there, only the header
 * Throws a {@link ProtocolError} when the header is none, for then nobody knows which descriptors are the message's.
 */
export function decodeHeader(frame: Buffer, bodyKept: boolean): Message {
  const littleEndian = frame[0] === LITTLE_ENDIAN;
  const word = (at: number): number => (littleEndian ? frame.readUInt32LE(at) : frame.readUInt32BE(at));
  const end = FIXED_HEADER + word(12);
  const fields: (string | number | undefined)[] = [];
  let at = FIXED_HEADER;
  while (at < end) {
    at = (at + 7) & ~7;
    const code = frame[at] as number;
    const type = TYPES[code];
    if (type === undefined || code === 0) {
      at = skipField(frame, at, littleEndian);
      continue;
    }
    // The variant's signature: its length, the type, a NUL. It ends at a multiple of four.
    if (frame[at + 1] !== 1 || frame[at + 2] !== type || frame[at + 3] !== 0) throw malformed();
    at += 4;
    if (type === TYPE_UINT32) {
      if (at + 4 > end) throw malformed();
      fields[code] = word(at);
      at += 4;
      continue;
    }
    const start = type === TYPE_SIGNATURE ? at + 1 : at + 4;
    if (start > end) throw malformed();
    const length = type === TYPE_SIGNATURE ? (frame[at] as number) : word(at);
    at = start + length + 1;
    if (at > end || frame[at - 1] !== 0) throw malformed();
    fields[code] = frame.toString('latin1', start, at - 1);
  }
  if (at !== end) throw malformed();
  return {
    type: frame[1] as number,
    flags: frame[2] as number,
    serial: word(8),
    path: fields[PATH] as string | undefined,
    interface: fields[INTERFACE] as string | undefined,
    member: fields[MEMBER] as string | undefined,
    errorName: fields[ERROR_NAME] as string | undefined,
    replySerial: fields[REPLY_SERIAL] as number | undefined,
    destination: fields[DESTINATION] as string | undefined,
    sender: fields[SENDER] as string | undefined,
    signature: (fields[SIGNATURE] as string | undefined) ?? '',
    descriptorCount: (fields[UNIX_FDS] as number | undefined) ?? 0,
    littleEndian,
    body: bodyKept ? frame.subarray((end + 7) & ~7) : undefined,
  };
}

/** The bytes of a message. Its names must be valid, which is for whoever has them to see to (names.ts). */
export function encodeMessage(message: OutgoingMessage, serial: number): Buffer {
  const { path, interface: interfaceName, member, errorName, replySerial, destination, signature, body } = message;
  const texts = (path ?? '').length + (interfaceName ?? '').length + (member ?? '').length + (errorName ?? '').length;
  const most = FIXED_HEADER + texts + (destination ?? '').length + signature.length + 9 * FIELD_OVERHEAD;
  const bytes = Buffer.allocUnsafe(most + body.length);
  bytes[0] = LITTLE_ENDIAN;
  bytes[1] = message.type;
  bytes[2] = message.flags;
  bytes[3] = VERSION;
  bytes.writeUInt32LE(body.length, 4);
  bytes.writeUInt32LE(serial, 8);
  let at = FIXED_HEADER;
  if (path !== undefined) at = writeText(bytes, at, PATH, path);
  if (interfaceName !== undefined) at = writeText(bytes, at, INTERFACE, interfaceName);
  if (member !== undefined) at = writeText(bytes, at, MEMBER, member);
  if (errorName !== undefined) at = writeText(bytes, at, ERROR_NAME, errorName);
  if (replySerial !== undefined) at = writeNumber(bytes, at, REPLY_SERIAL, replySerial);
  if (destination !== undefined) at = writeText(bytes, at, DESTINATION, destination);
  if (signature !== '') at = writeText(bytes, at, SIGNATURE, signature);
  if (message.descriptors.length > 0) at = writeNumber(bytes, at, UNIX_FDS, message.descriptors.length);
  bytes.writeUInt32LE(at - FIXED_HEADER, 12);
  at = pad(bytes, at);
  bytes.set(body, at);
  return bytes.subarray(0, at + body.length);
}

/** Padding, code, signature of the variant, length and NUL of one field, at most. */
const FIELD_OVERHEAD = 7 + 1 + 3 + 4 + 1;

function writeText(bytes: Buffer, start: number, code: number, text: string): number {
  const type = TYPES[code] as number;
  let at = writeStart(bytes, start, code, type);
  if (type === TYPE_SIGNATURE) bytes[at++] = text.length;
  else at = bytes.writeUInt32LE(text.length, at);
  at += bytes.write(text, at, 'latin1');
  bytes[at] = 0;
  return at + 1;
}

function writeNumber(bytes: Buffer, start: number, code: number, value: number): number {
  return bytes.writeUInt32LE(value, writeStart(bytes, start, code, TYPE_UINT32));
}

function writeStart(bytes: Buffer, start: number, code: number, type: number): number {
  const at = pad(bytes, start);
  bytes[at] = code;
  bytes[at + 1] = 1;
  bytes[at + 2] = type;
  bytes[at + 3] = 0;
  return at + 4;
}

function pad(bytes: Buffer, start: number): number {
  let at = start;
  while (at % 8 !== 0) bytes[at++] = 0;
  return at;
}

/** Past a field that this version of the protocol does not know, which must be passed over, whatever it is of. */
function skipField(frame: Buffer, at: number, littleEndian: boolean): number {
  const reader = new BodyReader(frame, littleEndian);
  reader.pos = at + 1;
  try {
    reader.readVariant();
  } catch {
    throw malformed();
  }
  return reader.pos;
}

function malformed(): ProtocolError {
  return new ProtocolError('the header of a message is malformed');
}
