import { decode } from 'dns-packet';
import { recordTypes } from './records.ts';

/** What is asked. */
export interface Question {
  /**
   * As it was spelled, without a dot at its end, empty for the root. Bytes that are in no host name are written `\DDD`,
   * so that a dot inside a label is no dot.
   */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** The question section, byte for byte. */
  readonly wire: Uint8Array;
}

/** What an OPT record says (RFC 6891 6.1.3). */
export interface Edns {
  /** Bytes of the largest UDP message that the asker can take. */
  readonly payloadSize: number;
  readonly version: number;
  readonly dnssecOk: boolean;
}

/** A query that can be answered. */
export interface Query {
  readonly id: number;
  /** The second word of the header. */
  readonly flags: number;
  readonly question: Question;
  readonly edns?: Edns;
}

/** Flags of the header (RFC 1035 4.1.1, RFC 4035 3.2.2). */
export const headerFlags = {
  response: 0x8000,
  opcode: 0x7800,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  checkingDisabled: 0x0010,
  code: 0x000f,
} as const;

/** Bytes of the header. */
export const HEADER = 12;

/**
 * Reads a query. What is none gives instead:
 * - `silence`: no whole header, or a response. To answer it could go on for ever between two servers.
 * - `not-implemented`: an operation other than QUERY.
 * - `malformed`: the rest. There is exactly one question (RFC 9619), no answer, at most one OPT record and one other
 *   additional record (a signature, which is not looked at), and nothing behind them.
 */
export function readQuery(bytes: Buffer): Query | 'silence' | 'not-implemented' | 'malformed' {
  if (bytes.length < HEADER) return 'silence';
  const flags = bytes.readUInt16BE(2);
  if ((flags & headerFlags.response) !== 0) return 'silence';
  if ((flags & headerFlags.opcode) !== 0) return 'not-implemented';
  const additional = bytes.readUInt16BE(10);
  // Before dns-packet sees it: with many records it can be made to follow pointers for a good part of a second.
  if (bytes.readUInt16BE(4) !== 1 || bytes.readUInt32BE(6) !== 0 || additional > 2) return 'malformed';
  const question = readQuestion(bytes);
  if (question === undefined) return 'malformed';
  const query = { id: bytes.readUInt16BE(0), flags, question };
  const end = HEADER + question.wire.length;
  if (additional === 0) return end === bytes.length ? query : 'malformed';
  const edns = readEdns(bytes);
  return edns === 'malformed' || edns === undefined ? (edns ?? query) : { ...query, edns };
}

/** The question of a message with at least a header; undefined where it is cut off or its name is not written out. */
export function readQuestion(bytes: Buffer): Question | undefined {
  const labels: string[] = [];
  let at = HEADER;
  for (;;) {
    const length = bytes[at++];
    // A pointer (RFC 1035 4.1.4) can lead nowhere from the first name of a message.
    if (length === undefined || length > 63) return undefined;
    if (length === 0) break;
    labels.push(labelText(bytes.toString('latin1', at, at + length)));
    at += length;
    // With the last byte, 255 (RFC 1035 2.3.4).
    if (at - HEADER > 254) return undefined;
  }
  if (at + 4 > bytes.length) return undefined;
  const wire = new Uint8Array(bytes.subarray(HEADER, at + 4));
  return { name: labels.join('.'), type: bytes.readUInt16BE(at), class: bytes.readUInt16BE(at + 2), wire };
}

function readEdns(bytes: Buffer): Edns | undefined | 'malformed' {
  try {
    const { additionals = [] } = decode(bytes);
    const found = additionals.filter((record) => record.type === 'OPT');
    const [opt] = found;
    if (decode.bytes !== bytes.length || found.length > 1 || (opt !== undefined && opt.name !== '.'))
      return 'malformed';
    if (opt === undefined) return undefined;
    const { udpPayloadSize, ednsVersion, flag_do: dnssecOk } = opt;
    return { payloadSize: udpPayloadSize, version: ednsVersion, dnssecOk };
  } catch {
    return 'malformed';
  }
}

/** What a label is made of, most of the time; everything else is escaped as in a zone file (RFC 1035 5.1). */
function labelText(label: string): string {
  if (plain.test(label)) return label;
  return label.replace(/[^A-Za-z0-9_-]/g, (byte) => `\\${byte.charCodeAt(0).toString().padStart(3, '0')}`);
}

const plain = /^[A-Za-z0-9_-]+$/;

/** Types that stand for an operation and not for records, and what is not to be found at a name (RFC 6895 3.1). */
export function isMetaType(type: number): boolean {
  return type === recordTypes.OPT || (type >= 128 && type < recordTypes.ANY);
}
