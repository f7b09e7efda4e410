import type { VarlinkError } from './errors.ts';
import type { PreparedReplies, PreparedReply } from './prepared-reply.ts';

/** A reply that others follow. */
export type Continuing<Reply> = Reply | PreparedReply<Reply> | PreparedReplies<Reply>;

/** The end of a call. An error may be returned as well as thrown; returning is faster. */
export type Result<Reply> =
  | Reply
  | PreparedReply<Reply>
  | VarlinkError
  | (Record<never, never> extends Reply ? undefined : never);
