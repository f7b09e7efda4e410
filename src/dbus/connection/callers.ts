import type { Credentials } from '../call.ts';
import { isUniqueName } from '../names.ts';

/** How many connections' users are kept. Of one that is not, the bus is asked again. */
const KEPT = 1024;

/** Calls back when a connection leaves the bus, until the function that it returns is called (departure.ts). */
type Follow = (name: string, left: () => void) => () => void;

/** Who is behind the connections of a bus. */
export class Callers {
  readonly #ask: (name: string) => Promise<Credentials>;
  readonly #follow: Follow;
  /** By unique names, of which a bus gives none twice. */
  readonly #users = new Map<string, number>();

  /** @param ask asks the bus @param follow listens to it */
  constructor(ask: (name: string) => Promise<Credentials>, follow: Follow) {
    this.#ask = ask;
    this.#follow = follow;
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

  /** Calls back when a connection has left the bus. The function returned gives up. */
  follow(name: string, left: () => void): () => void {
    return this.#follow(name, left);
  }
}
