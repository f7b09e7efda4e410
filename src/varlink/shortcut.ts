/**
 * Answers calls of a usual shape from their bytes, without making objects of JSON and JSON of objects. What it answers
 * is, byte for byte, what the server would send after reading the call as any other; what it does not know for certain
 * it leaves to the server. It is asked only where it can be answered at once: for one whole call that no other waits
 * before.
 *
 * @param call one message with its NUL, valid only during the call
 * @returns the only reply to it with its NUL, in bytes that may be used again for the next; undefined: read it yourself
 */
export type Shortcut = (call: Buffer) => Uint8Array | undefined;
