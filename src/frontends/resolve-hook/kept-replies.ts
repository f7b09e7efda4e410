import type { Machine } from '../../machine/machine.ts';

/** A reply that can be given again to the same call. */
export interface KeptReply {
  readonly message: Buffer;
  /** Whom it is about. */
  readonly machines: readonly Machine[];
}

/**
 * Replies by the bytes of the calls that they are for. To be cleared whenever a name or an address changes. What is long
 * is not kept, and not more than some thousand, so that they take 10 MB at most.
 */
export class KeptReplies {
  readonly #replies = new Map<string, KeptReply>();

  clear(): void {
    this.#replies.clear();
  }

  find(call: Buffer): KeptReply | undefined {
    if (this.#replies.size === 0 || call.length > LONGEST_CALL) return undefined;
    return this.#replies.get(call.toString('latin1'));
  }

  keep(call: Buffer, reply: KeptReply): void {
    if (call.length > LONGEST_CALL || reply.message.length > LONGEST_REPLY) return;
    if (this.#replies.size >= MOST) this.#replies.clear();
    this.#replies.set(call.toString('latin1'), reply);
  }
}

const MOST = 4096;
/** Bytes: two questions for a name of 64 bytes each. */
const LONGEST_CALL = 320;
/** Bytes: some ten addresses. */
const LONGEST_REPLY = 2048;
