import type { Credentials } from '../call.ts';
import { isUniqueName } from '../names.ts';

/** How many connections' users are kept. Of one that is not, the bus is asked again. */
const KEPT = 1024;

/** Who is behind the connections of a bus. */
export class Callers {
  readonly #ask: (name: string) => Promise<Credentials>;
  /** By unique names, of which a bus gives none twice. */
  readonly #users = new Map<string, number>();

  /** @param ask asks the bus */
  constructor(ask: (name: string) => Promise<Credentials>) {
    this.#ask = ask;
  }

  /** Asks the bus. Rejected with NameHasNoOwner when there is no connection of that name. */
  async credentialsOf(name: string): Promise<Credentials> {
    const credentials = await this.#ask(name);
    if (isUniqueName(name)) {
      if (this.#users.size >= KEPT) this.#users.clear();
      this.#users.set(name, credentials.uid);
    }
    return credentials;
  }

  /** The user of a connection that the bus has been asked about, which never changes. */
  knownUser(name: string): number | undefined {
    return this.#users.get(name);
  }
}
