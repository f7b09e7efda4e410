import type { ServerConnection } from './server-connection.ts';

/** @private The connections of a server, by their users, so that none of these can keep the others out. */
export class ConnectionSet {
  readonly #all = new Set<ServerConnection>();
  /** Where the transport knows users. */
  readonly #ofUser = new Map<number, Set<ServerConnection>>();

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<ServerConnection> {
    return this.#all.values();
  }

  /** How many a user has. */
  countOf(uid: number | undefined): number {
    return uid === undefined ? 0 : (this.#ofUser.get(uid)?.size ?? 0);
  }

  add(connection: ServerConnection): void {
    const { uid } = connection.peer;
    this.#all.add(connection);
    if (uid === undefined) return;
    const ofUser = this.#ofUser.get(uid);
    if (ofUser === undefined) this.#ofUser.set(uid, new Set([connection]));
    else ofUser.add(connection);
  }

  delete(connection: ServerConnection): void {
    const { uid } = connection.peer;
    this.#all.delete(connection);
    const ofUser = uid === undefined ? undefined : this.#ofUser.get(uid);
    ofUser?.delete(connection);
    if (ofUser?.size === 0) this.#ofUser.delete(uid as number);
  }

  /**
   * The connection that can be spared: of the users with more than `least` connections, the one with the most, of whose
   * the one that has been quiet for longest. Never one with a call under way.
   */
  spare(least: number): ServerConnection | undefined {
    let most: Set<ServerConnection> | undefined;
    for (const ofUser of this.#ofUser.values()) {
      if (ofUser.size > Math.max(least, most?.size ?? 0) && longestQuiet(ofUser) !== undefined) most = ofUser;
    }
    return most && longestQuiet(most);
  }
}

function longestQuiet(connections: Iterable<ServerConnection>): ServerConnection | undefined {
  let quiet: ServerConnection | undefined;
  for (const connection of connections) {
    if (!connection.busy && (quiet === undefined || connection.activeAt < quiet.activeAt)) quiet = connection;
  }
  return quiet;
}
