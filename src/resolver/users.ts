import type { Registry } from '../machine/registry.ts';
import type { IdKind } from './named-id.ts';
import { findNamed, type IdQuery, type NamedIdAnswer } from './record-query.ts';

/** The container user with a number or a name on the host, as in `vu-web-33`: see `findNamed`. */
export function findUser(registry: Registry, query: IdQuery): NamedIdAnswer {
  return findNamed(users, registry, query);
}

const users: IdKind = {
  prefix: 'vu-',
  label: 'UID',
  owner: (registry, uid) => registry.userOwner(uid),
  map: (machine) => machine.facts.uidMap,
};
