/** What the closed loop has to know of a protocol. */
export interface Protocol {
  /** Whether each call has a new connection, which counts as part of it. */
  readonly once: boolean;
  /** Cuts what came on standard input into calls. */
  split(input: Uint8Array): Uint8Array[];
  /** Gets a new connection ready for calls; blocks. */
  begin(fd: number): Session;
}

/** A connection with one call in flight. */
export interface Session {
  /** Told that a call is about to be sent; may number it. */
  prepare(call: Uint8Array): void;
  /** Takes what was received; true when the reply is complete. */
  take(input: Uint8Array, length: number): boolean;
  /** After a complete reply: the beginning of it when it was an error. */
  readonly error: string | undefined;
  /** After a complete reply: how long the answer in it was, in bytes, the same for the same answer. */
  readonly size: number;
}
