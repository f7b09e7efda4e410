import type { Continuing, Result } from './result.ts';

/**
 * Several replies, made when they are asked for, which is only while the peer reads what it was sent: so a source that
 * is not asked has a slow reader. It does what an async generator does, without a promise for each reply, and all
 * that it has at one time goes out together.
 */
export interface ReplySource<Reply> {
  /**
   * The call has begun. `ready` is to be called when there is a reply after `next` had none. Nothing is held before.
   */
  open(ready: () => void): void;
  /** The next reply, `done` with the last one. Undefined: there is none yet. What it throws ends the call. */
  next(): IteratorResult<Continuing<Reply>, Result<Reply>> | undefined;
  /** The call is over before the last reply: the peer has gone, or the server closes. Called once. */
  close(): void;
}
