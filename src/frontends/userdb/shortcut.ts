import { isId } from '../../machine/id-map.ts';
import type { NamedId } from '../../resolver/named-id.ts';
import type { IdQuery, NamedIdAnswer } from '../../resolver/record-query.ts';
import { isUserName } from '../../resolver/user-name.ts';
import { CallReader, encodeError, type Shortcut } from '../../varlink/index.ts';
import type { EncodedRecord } from './encode.ts';
import { answerErrors } from './errors.ts';
import { RecordReplies } from './record-replies.ts';

/** How users, or groups, are found and written. */
interface Kind {
  readonly find: (query: IdQuery) => NamedIdAnswer;
  readonly encode: (found: NamedId) => EncodedRecord;
}

/**
 * Answers the usual questions: one user or group, by number or by name, as libnss_systemd and userdbctl of systemd 262
 * write them.
 * @param service the name of the socket, which they give
 */
export function userDatabaseShortcut(service: string, { users, groups }: { users: Kind; groups: Kind }): Shortcut {
  const reader = new CallReader();
  const user = new UsualCall(reader, users, service, { method: 'GetUserRecord', id: 'uid', name: 'userName' });
  const group = new UsualCall(reader, groups, service, { method: 'GetGroupRecord', id: 'gid', name: 'groupName' });
  return (call) => {
    reader.begin(call);
    return user.answer() ?? group.answer();
  };
}

class UsualCall {
  readonly #reader: CallReader;
  readonly #find: (query: IdQuery) => NamedIdAnswer;
  readonly #replies: RecordReplies;
  /** The bytes of a call before its value and after it. */
  readonly #beginning: Buffer;
  readonly #id: Buffer;
  readonly #name: Buffer;
  readonly #afterId: Buffer;
  readonly #afterName: Buffer;

  constructor(
    reader: CallReader,
    { find, encode }: Kind,
    service: string,
    words: { readonly method: string; readonly id: string; readonly name: string },
  ) {
    const end = `,"service":${JSON.stringify(service)}}}\0`;
    this.#reader = reader;
    this.#find = find;
    this.#replies = new RecordReplies(encode);
    this.#beginning = Buffer.from(`{"method":"io.systemd.UserDatabase.${words.method}","parameters":{`);
    this.#id = Buffer.from(`"${words.id}":`);
    this.#name = Buffer.from(`"${words.name}":"`);
    this.#afterId = Buffer.from(end);
    this.#afterName = Buffer.from(`"${end}`);
  }

  /** Undefined when the call is another, with nothing of it read, or asks for something else or for what cannot be. */
  answer(): Uint8Array | undefined {
    const query = this.#reader.skip(this.#beginning) ? this.#readQuery() : undefined;
    if (query === undefined) return undefined;
    const found = this.#find(query);
    if (found.kind === 'found') return this.#replies.message(found.record);
    return found.kind === 'no-record' ? noRecord : undefined;
  }

  #readQuery(): IdQuery | undefined {
    const reader = this.#reader;
    if (reader.skip(this.#id)) {
      const id = reader.number();
      return isId(id) && reader.skip(this.#afterId) && reader.done ? { id } : undefined;
    }
    if (!reader.skip(this.#name)) return undefined;
    const name = reader.word();
    return isUserName(name) && reader.skip(this.#afterName) && reader.done ? { name } : undefined;
  }
}

const noRecord = encodeError(answerErrors['no-record']);
