import type { KnownAccounts } from '../machine/accounts.ts';
import type { Registry } from '../machine/registry.ts';
import type { IdKind } from './named-id.ts';
import { type ListedId, listNamed } from './named-id-list.ts';
import { type NamedRuns, namedRuns } from './named-run.ts';
import type { RecordFilter } from './record-filter.ts';
import { findNamed, type GivenElsewhere, type IdQuery, type NamedIdAnswer } from './record-query.ts';

/** The container group with a number or a name on the host, as in `vg-web-33`: see `findNamed`. */
export function findGroup(registry: Registry, query: IdQuery, givenElsewhere?: GivenElsewhere): NamedIdAnswer {
  return findNamed(groups, registry, query, givenElsewhere);
}

/** The groups that containers' own files name: see `listNamed`. */
export function listGroups(
  registry: Registry,
  accounts: KnownAccounts,
  filter?: RecordFilter,
): Generator<ListedId, void, void> {
  return listNamed(groups, registry, accounts, filter);
}

/** The runs that container groups are in: see `NamedRuns`. */
export function groupRuns(registry: Registry): NamedRuns {
  return namedRuns(groups, registry);
}

const groups: IdKind = {
  prefix: 'vg-',
  label: 'GID',
  owner: (registry, gid) => registry.groupOwner(gid),
  run: (registry, gid) => registry.groupRun(gid),
  map: (machine) => machine.facts.gidMap,
  accounts: (ids) => ids.groups,
};
