import { HEADER, headerFlags, type Query, readQuestion } from './query.ts';
import { recordTypes, responseCodes } from './records.ts';
import { OPT_SIZE, UDP_PAYLOAD } from './response.ts';

/**
 * The query that goes to an upstream server: the question as it was asked, nothing else of what the asker sent but
 * three flags and how long a message he takes. Options stay here: they are between two neighbours (RFC 6891 6.2.6).
 * @param id nobody can guess
 */
export function upstreamQuery({ flags, question, edns }: Query, id: number): Buffer {
  const message = Buffer.alloc(HEADER + question.wire.length + (edns === undefined ? 0 : OPT_SIZE));
  message.writeUInt16BE(id, 0);
  const kept = headerFlags.recursionDesired | headerFlags.checkingDisabled | AUTHENTIC_DATA;
  message.writeUInt16BE(flags & kept, 2);
  message.writeUInt16BE(1, 4);
  message.set(question.wire, HEADER);
  if (edns === undefined) return message;
  message.writeUInt16BE(1, 10);
  const opt = HEADER + question.wire.length;
  message.writeUInt16BE(recordTypes.OPT, opt + 1);
  message.writeUInt16BE(Math.min(UDP_PAYLOAD, Math.max(512, edns.payloadSize)), opt + 3);
  message.writeUInt16BE(edns.dnssecOk ? 0x8000 : 0, opt + 7);
  return message;
}

/** What came from an upstream server in answer to a query of ours. */
export interface UpstreamResponse {
  readonly message: Buffer;
  /** The rest is to be had over TCP. */
  readonly truncated: boolean;
  /** Whether the server has answered the question, and not only said that it cannot. */
  readonly useful: boolean;
}

/**
 * Reads what came from an upstream server. Undefined where it is no response to the query: other id, other question
 * (whatever its case), or it cannot be read.
 */
export function readUpstreamResponse(message: Buffer, query: Query, id: number): UpstreamResponse | undefined {
  if (message.length < HEADER || message.readUInt16BE(0) !== id) return undefined;
  const flags = message.readUInt16BE(2);
  if ((flags & headerFlags.response) === 0 || (flags & headerFlags.opcode) !== 0) return undefined;
  if (message.readUInt16BE(4) !== 1) return undefined;
  const question = readQuestion(message);
  if (question === undefined || !sameQuestion(question.wire, query.question.wire)) return undefined;
  if (!isReadable(message, HEADER + question.wire.length)) return undefined;
  const code = flags & headerFlags.code;
  const useful = code === responseCodes.NOERROR || code === responseCodes.NXDOMAIN;
  return { message, truncated: (flags & headerFlags.truncated) !== 0, useful };
}

/**
 * The same response for whoever asked first: his id, his spelling of the question, and that questions are passed on.
 */
export function relayedResponse({ message }: UpstreamResponse, { id, question }: Query): Buffer {
  const response = Buffer.from(message);
  response.writeUInt16BE(id, 0);
  // There may be things that only the upstream server can vouch for; whether names are asked for elsewhere is ours.
  response.writeUInt16BE(response.readUInt16BE(2) | headerFlags.recursionAvailable, 2);
  // As long as the other one: pointers into it stay right.
  response.set(question.wire, HEADER);
  return response;
}

/** A response of its header and question alone, which tells the asker to come over TCP. */
export function truncatedResponse(response: Buffer, { question }: Query): Buffer {
  const short = Buffer.from(response.subarray(0, HEADER + question.wire.length));
  short.writeUInt16BE(short.readUInt16BE(2) | headerFlags.truncated, 2);
  short.fill(0, 6, HEADER);
  return short;
}

/** RFC 6840 5.7: the asker would like to know whether it was validated. */
const AUTHENTIC_DATA = 0x0020;

/** ASCII letters count as one whatever their case (RFC 4343); no length of a label is among them. */
function sameQuestion(one: Uint8Array, other: Uint8Array): boolean {
  const fixed = one.length - 4;
  return (
    one.length === other.length &&
    one.every((byte, at) => byte === other[at] || (at < fixed && lower(byte) === lower(other[at] as number)))
  );
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

/**
 * Whether the records are where they are said to be and nothing is behind them. What is in them is between the servers
 * and whoever asked: there are more types than any decoder knows.
 */
function isReadable(message: Buffer, start: number): boolean {
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  let at: number | undefined = start;
  for (let index = 0; index < records; index++) {
    at = nameEnd(message, at);
    // Type, class, time to live, length.
    if (at === undefined || at + 10 > message.length) return false;
    at += 10 + message.readUInt16BE(at + 8);
  }
  return at === message.length;
}

/** Where a name ends: at its last byte or a pointer to what came before it (RFC 1035 4.1.4); undefined: not at all. */
function nameEnd(message: Buffer, start: number): number | undefined {
  for (let at = start; at < message.length; ) {
    const length = message[at] as number;
    if (length === 0) return at + 1;
    if (length > 63) {
      const target = ((length & 0x3f) << 8) | (message[at + 1] ?? 0);
      return length >= 0xc0 && target < start ? at + 2 : undefined;
    }
    at += 1 + length;
  }
  return undefined;
}
