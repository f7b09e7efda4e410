import { isId } from '../../machine/id-map.ts';
import type { NamedId } from '../../resolver/named-id.ts';
import type { NamedRuns } from '../../resolver/named-run.ts';
import type { IdQuery, NamedIdAnswer } from '../../resolver/record-query.ts';
import { isUserName } from '../../resolver/user-name.ts';
import { CallReader, encodeError, type Shortcut } from '../../varlink/index.ts';
import type { EncodedRecord } from './encode.ts';
import { answerErrors } from './errors.ts';
import { KnownRuns } from './known-runs.ts';
import { NumberedName } from './numbered-name.ts';
import { RecordReplies } from './record-replies.ts';

/** How users, or groups, are found and written. */
interface Kind {
  readonly find: (query: IdQuery) => NamedIdAnswer;
  readonly encode: (found: NamedId) => EncodedRecord;
  /** What may be remembered of those that were found; absent where the answer can become another without a word. */
  readonly runs: NamedRuns | undefined;
}

/**
 * Answers the usual questions: one user or group, by number or by name, as libnss_systemd and userdbctl of systemd 262
 * write them.
 * @param service the name of the socket, which they give
 */
export function userDatabaseShortcut(service: string, { users, groups }: { users: Kind; groups: Kind }): Shortcut {
  const reader = new CallReader();
  const user = new UsualCall(reader, users, service, userWords);
  const group = new UsualCall(reader, groups, service, groupWords);
  return (call) => {
    reader.begin(call);
    return user.answer(call) ?? group.answer(call);
  };
}

const userWords = { method: 'GetUserRecord', id: 'uid', name: 'userName', prefix: 'vu-' };
const groupWords = { method: 'GetGroupRecord', id: 'gid', name: 'groupName', prefix: 'vg-' };

class UsualCall {
  readonly #reader: CallReader;
  readonly #find: (query: IdQuery) => NamedIdAnswer;
  readonly #runs: NamedRuns | undefined;
  readonly #replies: RecordReplies;
  readonly #known = new KnownRuns();
  readonly #parts: NumberedName;
  /** The bytes of a call before its value and after it. */
  readonly #beginning: Buffer;
  readonly #id: Buffer;
  readonly #name: Buffer;
  readonly #afterId: Buffer;
  readonly #afterName: Buffer;

  constructor(reader: CallReader, { find, encode, runs }: Kind, service: string, words: typeof userWords) {
    const end = `,"service":${JSON.stringify(service)}}}\0`;
    this.#reader = reader;
    this.#find = find;
    this.#runs = runs;
    this.#replies = new RecordReplies(encode);
    this.#parts = new NumberedName(words.prefix);
    this.#beginning = Buffer.from(`{"method":"io.systemd.UserDatabase.${words.method}","parameters":{`);
    this.#id = Buffer.from(`"${words.id}":`);
    this.#name = Buffer.from(`"${words.name}":"`);
    this.#afterId = Buffer.from(end);
    this.#afterName = Buffer.from(`"${end}`);
    runs?.follow((machineName, lines) => this.#known.forget(machineName, lines));
  }

  /** Undefined when the call is another, with nothing of it read, or asks for something else or for what cannot be. */
  answer(call: Buffer): Uint8Array | undefined {
    const reader = this.#reader;
    if (!reader.skip(this.#beginning)) return undefined;
    if (reader.skip(this.#id)) {
      const id = reader.number();
      if (!isId(id) || !reader.skip(this.#afterId) || !reader.done) return undefined;
      return this.#recallById(id) ?? this.#ask({ id });
    }
    if (!reader.skip(this.#name)) return undefined;
    const start = reader.position;
    reader.skipWord();
    const end = reader.position;
    if (!reader.skip(this.#afterName) || !reader.done) return undefined;
    return this.#recallByName(call, start, end) ?? this.#askByName(call.toString('latin1', start, end));
  }

  #recallById(id: number): Uint8Array | undefined {
    const { records } = this.#known;
    const run = this.#known.byId(id);
    return run === 0 ? undefined : this.#recall(run, id, records.inside(run, id));
  }

  #recallByName(call: Buffer, start: number, end: number): Uint8Array | undefined {
    const name = this.#parts;
    const run = name.read(call, start, end) ? this.#known.byLabel(call, name.start, name.end) : 0;
    const id = run === 0 ? -1 : this.#known.records.outside(run, name.number);
    return id < 0 ? undefined : this.#recall(run, id, name.number);
  }

  #recall(run: number, id: number, insideId: number): Uint8Array | undefined {
    return isId(insideId) ? this.#replies.messageOf(this.#known.records, run, id, insideId) : undefined;
  }

  #askByName(name: string): Uint8Array | undefined {
    return isUserName(name) ? this.#ask({ name }) : undefined;
  }

  #ask(query: IdQuery): Uint8Array | undefined {
    const found = this.#find(query);
    if (found.kind !== 'found') return found.kind === 'no-record' ? noRecord : undefined;
    const run = this.#runs?.around(found.record);
    if (run !== undefined) this.#known.add(run, found.record.id);
    return this.#replies.message(found.record);
  }
}

const noRecord = encodeError(answerErrors['no-record']);
