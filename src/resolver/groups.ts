import type { Registry } from '../machine/registry.ts';
import type { IdKind } from './named-id.ts';
import { findNamed, type IdQuery, type NamedIdAnswer } from './record-query.ts';

/** The container group with a number or a name on the host, as in `vg-web-33`: see `findNamed`. */
export function findGroup(registry: Registry, query: IdQuery): NamedIdAnswer {
  return findNamed(groups, registry, query);
}

const groups: IdKind = {
  prefix: 'vg-',
  label: 'GID',
  owner: (registry, gid) => registry.groupOwner(gid),
  map: (machine) => machine.facts.gidMap,
};
