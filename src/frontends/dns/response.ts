import { HEADER, headerFlags, type Query } from './query.ts';
import { encodeRecordData } from './record-data.ts';
import { type Answer, CLASS_IN, type ResourceRecord, recordTypes, responseCodes } from './records.ts';

/** How a response is written. */
export interface ResponseOptions {
  /** Bytes that it may have. */
  readonly limit: number;
  /** Seconds, of every record. */
  readonly ttl: number;
  /** Whether questions are forwarded. */
  readonly recursion: boolean;
}

/**
 * Bytes of the largest UDP message that is sent, and that askers are told can be received (RFC 6891 6.2.3): as much as
 * passes every link unfragmented (RFC 9715).
 */
export const UDP_PAYLOAD = 1232;

/** Bytes of the largest message over TCP. */
export const TCP_MESSAGE = 65_535;

/** Bytes of the largest response that an asker can take over UDP (RFC 1035 4.2.1, RFC 6891 6.2.5). */
export function udpLimit({ edns }: Query): number {
  return Math.min(UDP_PAYLOAD, Math.max(512, edns?.payloadSize ?? 0));
}

/**
 * The message that answers a query; the question is in it as it was asked. Over UDP an answer that does not fit is left
 * out, and marked as truncated: whoever asked comes again over TCP. There, as many records are given as fit, the first
 * ones; nobody has more than 2,300 addresses of one family.
 */
export function writeResponse(query: Query, answer: Answer, { limit, ttl, recursion }: ResponseOptions): Buffer {
  const { question, edns } = query;
  const code = responseCodes[answer.code];
  const out = new Uint8Array(scratch.buffer);
  out.set(question.wire, HEADER);
  const start = HEADER + question.wire.length;
  const room = limit - (edns === undefined ? 0 : OPT_SIZE);
  const authority = answer.authority.length;
  let at = start;
  let count = 0;
  let truncated = false;
  for (const record of answer.answers) {
    const next = writeRecord(query, record, ttl, at);
    if (next > room) {
      truncated = limit < TCP_MESSAGE;
      if (truncated) [at, count] = [start, 0];
      break;
    }
    at = next;
    count++;
  }
  for (const record of answer.authority) at = writeRecord(query, record, ttl, at);
  if (edns !== undefined) at = writeOpt(at, code >> 4, edns.dnssecOk);
  const kept = query.flags & (headerFlags.recursionDesired | headerFlags.checkingDisabled);
  const own =
    (answer.code === 'NOERROR' || answer.code === 'NXDOMAIN' ? headerFlags.authoritative : 0) |
    (truncated ? headerFlags.truncated : 0) |
    (recursion ? headerFlags.recursionAvailable : 0);
  scratch.writeUInt16BE(query.id, 0);
  scratch.writeUInt16BE(headerFlags.response | kept | own | (code & headerFlags.code), 2);
  scratch.writeUInt16BE(1, 4);
  scratch.writeUInt16BE(count, 6);
  scratch.writeUInt16BE(authority, 8);
  scratch.writeUInt16BE(edns === undefined ? 0 : 1, 10);
  return Buffer.from(scratch.subarray(0, at));
}

/** A response that is a header only, to something that is no query. @param bytes with a whole header */
export function writeFailure(bytes: Buffer, code: 'FORMERR' | 'NOTIMP' | 'SERVFAIL'): Buffer {
  const response = Buffer.alloc(HEADER);
  response.writeUInt16BE(bytes.readUInt16BE(0), 0);
  const kept = bytes.readUInt16BE(2) & (headerFlags.opcode | headerFlags.recursionDesired);
  response.writeUInt16BE(headerFlags.response | kept | responseCodes[code], 2);
  return response;
}

/** Writes one record and gives where it ends; what does not fit into any message is not written whole. */
function writeRecord({ question }: Query, record: ResourceRecord, ttl: number, start: number): number {
  if (start + RECORD_HEAD > scratch.length) return Number.POSITIVE_INFINITY;
  // A pointer to the owner's name, which ends the question's (RFC 1035 4.1.4). Escapes are never in the part pointed
  // at.
  const ends = question.wire.length - 4;
  const owner = record.owner.length === question.name.length ? HEADER : HEADER + ends - (record.owner.length + 2);
  let at = scratch.writeUInt16BE(0xc000 | owner, start);
  at = scratch.writeUInt16BE(recordTypes[record.type], at);
  at = scratch.writeUInt16BE(CLASS_IN, at);
  at = scratch.writeUInt32BE(ttl, at);
  return encodeRecordData(record, ttl, scratch, at);
}

function writeOpt(start: number, extendedCode: number, dnssecOk: boolean): number {
  let at = scratch.writeUInt8(0, start);
  at = scratch.writeUInt16BE(recordTypes.OPT, at);
  at = scratch.writeUInt16BE(UDP_PAYLOAD, at);
  at = scratch.writeUInt8(extendedCode, at);
  at = scratch.writeUInt8(0, at);
  // The flag comes back as it was (RFC 3225 3).
  at = scratch.writeUInt16BE(dnssecOk ? 0x8000 : 0, at);
  return scratch.writeUInt16BE(0, at);
}

/** Bytes of an OPT record without options. */
export const OPT_SIZE = 11;
// Pointer, type, class, time to live.
const RECORD_HEAD = 10;

// One for all: a response is written in one go.
const scratch = Buffer.alloc(TCP_MESSAGE + 1024);
