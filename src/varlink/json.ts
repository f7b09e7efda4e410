import { isUtf8 } from 'node:buffer';
import { ProtocolError } from './errors.ts';

/** Objects and lists inside each other, the message itself counted; the same as in sd-varlink 262. */
export const maximumNesting = 2048;

/**
 * Parses a message, with the strictness of sd-varlink 262 where JSON.parse lacks it: the bytes are UTF-8, no string
 * has a NUL character or half of a surrogate pair (either would become another string on the way to a system call or
 * back to the peer), and the nesting has a limit. Of equal keys in one object the last counts; sd-varlink refuses that.
 *
 * Throws {@link ProtocolError}, also when the message is not an object.
 */
export function parseMessage(bytes: Buffer): Record<string, unknown> {
  if (!isUtf8(bytes)) throw new ProtocolError('a message is not UTF-8');
  // Opening brackets alone would be as long as the limit, so that short messages need no count.
  if (bytes.length > maximumNesting && nesting(bytes) > maximumNesting) {
    throw new ProtocolError(`a message has more than ${maximumNesting} objects or lists inside each other`);
  }
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError('a message is not JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProtocolError('a message is not a JSON object');
  }
  if (text.includes('\\u')) checkEscapes(text);
  return value as Record<string, unknown>;
}

/** In a JSON text that has been parsed, a backslash is always in a string and always begins an escape. */
function checkEscapes(text: string): void {
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', at)) {
    const unit = escapedUnit(text, at);
    if (unit === 0) throw new ProtocolError('a string in a message has a NUL character');
    const high = unit >= 0xd800 && unit <= 0xdbff;
    const low = unit >= 0xdc00 && unit <= 0xdfff;
    const next = high ? escapedUnit(text, at + 6) : 0;
    if (low || (high && !(next >= 0xdc00 && next <= 0xdfff))) {
      throw new ProtocolError('a string in a message has half of a surrogate pair');
    }
    at += high ? 12 : unit === notEscaped ? 2 : 6;
  }
}

const notEscaped = -1;

/** The UTF-16 code unit of the `\uXXXX` at this place. */
function escapedUnit(text: string, at: number): number {
  if (text[at] !== '\\' || text[at + 1] !== 'u') return notEscaped;
  return Number.parseInt(text.slice(at + 2, at + 6), 16);
}

function nesting(bytes: Buffer): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (quoted) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) {
      quoted = true;
    } else if (byte === 0x5b || byte === 0x7b) {
      deepest = Math.max(deepest, ++depth);
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--;
    }
  }
  return deepest;
}
