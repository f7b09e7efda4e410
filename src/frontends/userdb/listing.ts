import type { NamedId } from '../../resolver/named-id.ts';
import type { ListedId } from '../../resolver/named-id-list.ts';
import type { ReplySource, Turns, VarlinkError } from '../../varlink/index.ts';
import type { EncodedRecord } from './encode.ts';
import { answerErrors } from './errors.ts';

interface RecordReply {
  readonly record: EncodedRecord;
}

/**
 * All users or groups, a reply each. Whoever asks for them takes turns with all others who do: a filter that excludes
 * everything has all of them looked at for no reply at all.
 */
export class Listing implements ReplySource<RecordReply> {
  readonly #listed: Iterator<ListedId, void>;
  readonly #encode: (record: NamedId) => EncodedRecord;
  readonly #turns: Turns;
  readonly #turn = (): void => {
    this.#until = performance.now() + SLICE;
    this.#ready();
  };
  #ready: () => void = () => {};
  /** When the present turn ends, in milliseconds of performance.now(). */
  #until = 0;
  /** The one that was found last: only the next tells whether others follow it. */
  #held: NamedId | undefined;

  constructor(listed: Iterator<ListedId, void>, encode: (record: NamedId) => EncodedRecord, turns: Turns) {
    this.#listed = listed;
    this.#encode = encode;
    this.#turns = turns;
  }

  open(ready: () => void): void {
    this.#ready = ready;
    this.#turns.request(this.#turn);
  }

  next(): IteratorResult<RecordReply, RecordReply | VarlinkError> | undefined {
    while (performance.now() < this.#until) {
      const { done, value } = this.#listed.next();
      const before = this.#held;
      if (done) return { done, value: before === undefined ? answerErrors['no-record'] : this.#reply(before) };
      if (value === undefined) continue;
      this.#held = value;
      if (before !== undefined) return { done: false, value: this.#reply(before) };
    }
    this.#turns.request(this.#turn);
    return undefined;
  }

  close(): void {
    this.#turns.cancel(this.#turn);
  }

  #reply(record: NamedId): RecordReply {
    return { record: this.#encode(record) };
  }
}

/** Milliseconds of a turn. */
const SLICE = 0.5;
