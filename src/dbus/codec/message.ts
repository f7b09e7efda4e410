/**
 * Messages as they are on the wire (D-Bus Specification, "Message Format"), whatever is done with them.
 *
 * @module
 */

/** The first byte, which is the byte order, and the fourth, the version of the protocol. */
export const LITTLE_ENDIAN = 0x6c;
export const BIG_ENDIAN = 0x42;
export const VERSION = 1;

/** Bytes of the header before its fields. */
export const FIXED_HEADER = 16;

/** Types of messages: the second byte. */
export const METHOD_CALL = 1;
export const METHOD_RETURN = 2;
export const ERROR = 3;
export const SIGNAL = 4;

/** Flags of the header. */
export const NO_REPLY_EXPECTED = 0x1;
export const ALLOW_INTERACTIVE_AUTHORIZATION = 0x4;

/** The fields of a header that both directions have. Undefined: the field is not there. */
export interface HeaderFields {
  readonly path?: string | undefined;
  readonly interface?: string | undefined;
  readonly member?: string | undefined;
  readonly errorName?: string | undefined;
  /** The serial of the call that this answers. */
  readonly replySerial?: number | undefined;
  readonly destination?: string | undefined;
}

/** A message that came in. Its body has not been looked at. */
export interface Message extends HeaderFields {
  /** 1 to 4; others may come, and are to be passed over. */
  readonly type: number;
  readonly flags: number;
  readonly serial: number;
  readonly sender: string | undefined;
  readonly signature: string;
  /** How many descriptors belong to it. */
  readonly descriptorCount: number;
  readonly littleEndian: boolean;
  /** A view, valid until the next message; undefined for a body that was too long to be kept. */
  readonly body: Buffer | undefined;
}

/** A message that is to go out. */
export interface OutgoingMessage extends HeaderFields {
  readonly type: number;
  readonly flags: number;
  readonly signature: string;
  /** Little-endian. */
  readonly body: Uint8Array;
  /** Those that its `h` values count. */
  readonly descriptors: readonly number[];
}
