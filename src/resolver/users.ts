import type { KnownAccounts } from '../machine/accounts.ts';
import type { Registry } from '../machine/registry.ts';
import type { IdKind } from './named-id.ts';
import { type ListedId, listNamed } from './named-id-list.ts';
import { type NamedRuns, namedRuns } from './named-run.ts';
import type { RecordFilter } from './record-filter.ts';
import { findNamed, type GivenElsewhere, type IdQuery, type NamedIdAnswer } from './record-query.ts';

/** The container user with a number or a name on the host, as in `vu-web-33`: see `findNamed`. */
export function findUser(registry: Registry, query: IdQuery, givenElsewhere?: GivenElsewhere): NamedIdAnswer {
  return findNamed(users, registry, query, givenElsewhere);
}

/** The users that containers' own files name: see `listNamed`. */
export function listUsers(
  registry: Registry,
  accounts: KnownAccounts,
  filter?: RecordFilter,
): Generator<ListedId, void, void> {
  return listNamed(users, registry, accounts, filter);
}

/** The runs that container users are in: see `NamedRuns`. */
export function userRuns(registry: Registry): NamedRuns {
  return namedRuns(users, registry);
}

const users: IdKind = {
  prefix: 'vu-',
  label: 'UID',
  owner: (registry, uid) => registry.userOwner(uid),
  run: (registry, uid) => registry.userRun(uid),
  map: (machine) => machine.facts.uidMap,
  accounts: (ids) => ids.users,
};
