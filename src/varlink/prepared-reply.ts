import { encodeMessages } from './framing.ts';

/**
 * A reply as text, made once for many calls or peers. A handler may give it wherever it may give a reply. What is in it
 * is not seen any more when the original changes.
 */
export class PreparedReply<Reply> {
  /** What it was made of: known to the compiler only. */
  declare readonly parameters: Reply;
  /** JSON, without what Varlink puts around it. */
  readonly text: string;
  #message: Buffer | undefined;

  /** Throws a TypeError when there is no JSON for it. */
  constructor(parameters: Reply & object) {
    this.text = JSON.stringify(parameters);
  }

  /** The whole message of the only reply to a call, with its NUL: what a shortcut gives. Made when it is asked for. */
  get message(): Buffer {
    this.#message ??= encodeMessages(formatOnly(this.text));
    return this.#message;
  }

  /** About as many bytes as it takes. */
  get length(): number {
    return this.text.length;
  }
}

/**
 * Replies that follow each other, encoded once: all peers share the bytes. A generator or a source may give them where
 * more replies follow. Worth it from some kilobytes on, for each is sent by itself.
 */
export class PreparedReplies<Reply> {
  /** What they were made of: known to the compiler only. */
  declare readonly parameters: readonly Reply[];
  /** Whole messages. */
  readonly bytes: Uint8Array;

  constructor(replies: readonly PreparedReply<Reply>[]) {
    this.bytes = encodeMessages(replies.map((reply) => formatContinuing(reply.text)).join(''));
  }

  get length(): number {
    return this.bytes.length;
  }
}

/** @private The message of a reply that no other follows, with its NUL, as sd-varlink 262 writes it. */
export function formatOnly(parameters: string): string {
  return parameters === '{}' ? '{}\0' : `{"parameters":${parameters}}\0`;
}

/** @private The message of a reply that others follow, with its NUL, as sd-varlink 262 writes it. */
export function formatContinuing(parameters: string): string {
  return parameters === '{}' ? '{"continues":true}\0' : `{"parameters":${parameters},"continues":true}\0`;
}
