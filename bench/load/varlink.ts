import type { Protocol, Session } from './protocol.ts';

/**
 * Varlink: a message ends with a NUL byte. Replies are not parsed: whatever does not begin with `{"parameters"` is an
 * error (a Varlink error reply begins with `{"error"`).
 */
export const varlink: Protocol = {
  once: false,
  split(input) {
    const calls: Uint8Array[] = [];
    for (let from = 0, end = input.indexOf(0); end >= 0; from = end + 1, end = input.indexOf(0, from)) {
      calls.push(input.subarray(from, end + 1));
    }
    return calls;
  },
  begin: () => new VarlinkSession(),
};

/** The same with a new connection for each call, as programs ask that ask once. */
export const varlinkOnce: Protocol = { ...varlink, once: true };

class VarlinkSession implements Session {
  error: string | undefined;
  size = 0;

  prepare(): void {
    this.error = undefined;
    this.size = 0;
  }

  take(input: Uint8Array, length: number): boolean {
    if (this.size === 0 && !isResult(input, length)) {
      this.error = new TextDecoder().decode(input.subarray(0, Math.min(length, 300)));
    }
    this.size += length;
    return input[length - 1] === 0;
  }
}

// Of a first part that is too short to tell nothing bad is said: both servers write a reply in one piece.
function isResult(input: Uint8Array, length: number): boolean {
  for (let at = 0; at < RESULT.length && at < length; at++) if (input[at] !== RESULT[at]) return false;
  return true;
}

const RESULT = new TextEncoder().encode('{"parameters"');
