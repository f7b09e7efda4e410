import type { Registry } from '../machine/registry.ts';
import { type IdKind, type NamedId, namedById, namedByName } from './named-id.ts';
import { findNamed, type IdQuery, type NamedIdAnswer } from './record-query.ts';

const groups: IdKind = {
  prefix: 'vg-',
  label: 'GID',
  owner: (registry, gid) => registry.groupOwner(gid),
  map: (machine) => machine.facts.gidMap,
};

/** The container group with a gid on the host. */
export function groupById(registry: Registry, gid: number): NamedId | undefined {
  return namedById(groups, registry, gid);
}

/** The container group with a name on the host, as in `vg-web-33`. */
export function groupByName(registry: Registry, name: string): NamedId | undefined {
  return namedByName(groups, registry, name);
}

/** The answer to io.systemd.UserDatabase.GetGroupRecord. */
export function findGroup(registry: Registry, query: IdQuery): NamedIdAnswer {
  return findNamed(groups, registry, query);
}
