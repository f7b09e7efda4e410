/** @private What a handler gives for several replies. */
export type Replies = Generator<object, unknown, void> | AsyncGenerator<object, unknown, void>;

/** @private No JSON value has functions, so that these tell a promise and a generator from any reply. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

export function isReplies(value: unknown): value is Replies {
  return typeof (value as { next?: unknown } | null | undefined)?.next === 'function';
}
