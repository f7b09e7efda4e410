import { PreparedReply, type ReplySource, type Turns } from '../../varlink/index.ts';
import type { ChangeFeed, FeedReply } from './change-feed.ts';
import type { EventReply } from './encode-change.ts';

/**
 * One who is told what there is and then each change. It makes no reply that the peer is not ready for, and keeps none
 * but only its place: a peer that falls behind what the feed keeps begins again, with what there is then.
 */
export class Subscription implements ReplySource<EventReply> {
  readonly #feed: ChangeFeed;
  readonly #turns: Turns;
  readonly #replies: Generator<FeedReply | undefined, never, void>;
  readonly #turn = (): void => {
    this.#budget = BUDGET;
    this.#ready();
  };
  readonly #wake = (): void => this.#turns.request(this.#turn);
  #ready: () => void = () => {};
  /** Bytes, or so, that may still be sent in this turn. */
  #budget = 0;

  constructor(feed: ChangeFeed, turns: Turns) {
    this.#feed = feed;
    this.#turns = turns;
    this.#replies = this.#all();
  }

  open(ready: () => void): void {
    this.#ready = ready;
    this.#feed.join();
    this.#turns.request(this.#turn);
  }

  next(): IteratorResult<FeedReply, never> | undefined {
    if (this.#budget <= 0) {
      this.#turns.request(this.#turn);
      return undefined;
    }
    const reply = this.#replies.next().value;
    if (reply === undefined) {
      this.#budget = 0;
      this.#feed.whenChanged(this.#wake);
      return undefined;
    }
    this.#budget -= reply.length;
    return { value: reply, done: false };
  }

  close(): void {
    this.#turns.cancel(this.#turn);
    this.#feed.forget(this.#wake);
    this.#feed.leave();
  }

  /** All replies; undefined when there is none yet. */
  *#all(): Generator<FeedReply | undefined, never, void> {
    let position = yield* this.#state();
    for (;;) {
      if (this.#feed.log.hasDropped(position)) {
        yield resync;
        position = yield* this.#state();
      }
      const change = this.#feed.log.at(position);
      if (change !== undefined) position++;
      yield change;
    }
  }

  /** What there is now, and the position of the first change after it. */
  *#state(): Generator<FeedReply, number, void> {
    const { machines, position } = this.#feed.snapshot();
    yield* this.#feed.state(machines);
    yield complete;
    return position;
  }
}

const complete = new PreparedReply<EventReply>({ event: 'complete' });
const resync = new PreparedReply<EventReply>({ event: 'resync' });

/** Bytes, or so, that a subscriber may be sent in one turn; a reply that has been begun is sent whole. */
const BUDGET = 16 * 1024;
