/**
 * Who has the other ends of the host's interfaces, so that of ten thousand only those are looked at whose interface on
 * the host has gone. Some may have it no longer; all that have it are among them.
 */
export class HostEnds<Owner> {
  readonly #owners = new Map<number, Set<Owner>>();
  readonly #indices = new Map<Owner, Set<number>>();

  /** Takes note that it has the other ends of these, by their indices on the host. */
  add(owner: Owner, indices: Iterable<number>): void {
    for (const index of indices) {
      addTo(this.#owners, index, owner);
      addTo(this.#indices, owner, index);
    }
  }

  /** Who may have the other end of one that has gone. Its number may be another's later, so they are forgotten. */
  take(index: number): Iterable<Owner> {
    const owners = this.#owners.get(index) ?? [];
    this.#owners.delete(index);
    for (const owner of owners) removeFrom(this.#indices, owner, index);
    return owners;
  }

  /** It has none any more. */
  remove(owner: Owner): void {
    for (const index of this.#indices.get(owner) ?? []) removeFrom(this.#owners, index, owner);
    this.#indices.delete(owner);
  }
}

function addTo<Key, Value>(map: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, new Set([value]));
  else values.add(value);
}

function removeFrom<Key, Value>(map: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const values = map.get(key);
  values?.delete(value);
  if (values?.size === 0) map.delete(key);
}
