import type { Registry } from '../machine/registry.ts';
import { type IdKind, type NamedId, namedById, namedByName } from './named-id.ts';
import { findNamed, type IdQuery, type NamedIdAnswer } from './record-query.ts';

const users: IdKind = {
  prefix: 'vu-',
  label: 'UID',
  owner: (registry, uid) => registry.userOwner(uid),
  map: (machine) => machine.facts.uidMap,
};

/** The container user with a uid on the host. */
export function userById(registry: Registry, uid: number): NamedId | undefined {
  return namedById(users, registry, uid);
}

/** The container user with a name on the host, as in `vu-web-33`. */
export function userByName(registry: Registry, name: string): NamedId | undefined {
  return namedByName(users, registry, name);
}

/** The answer to io.systemd.UserDatabase.GetUserRecord. */
export function findUser(registry: Registry, query: IdQuery): NamedIdAnswer {
  return findNamed(users, registry, query);
}
