import { firstForeignId, type IdMap, isId, lineOfInside } from '../machine/id-map.ts';
import type { Machine } from '../machine/machine.ts';
import type { IdOwner, Registry } from '../machine/registry.ts';

/** A user or group of a container, as the host sees it. */
export interface NamedId {
  readonly machine: Machine;
  /** Its number on the host. */
  readonly id: number;
  /** Its number in the container. */
  readonly insideId: number;
  /** Its name on the host, as in `vu-web-33`. */
  readonly name: string;
  /** As in `UID 33 of Container web`. Always fit for a GECOS field, because a machine's name is. */
  readonly description: string;
}

/** What tells users from groups. Nothing else does. */
export interface IdKind {
  readonly prefix: 'vu-' | 'vg-';
  readonly label: 'UID' | 'GID';
  owner(registry: Registry, id: number): IdOwner | undefined;
  map(machine: Machine): IdMap;
}

/**
 * The user or group with a number on the host. None: the host's own (below 65536), those of no container, the two
 * numbers inside that are no ids, and those whose name would not be a user name (see `maximumName`).
 */
export function namedById(kind: IdKind, registry: Registry, id: number): NamedId | undefined {
  const owner = kind.owner(registry, id);
  return owner && isId(owner.insideId) ? named(kind, owner.machine, id, owner.insideId) : undefined;
}

/**
 * The user or group with a name on the host: the prefix, the machine's exact name, a hyphen, and its number in the
 * container as the shortest decimal. Only containers have any. As systemd 262, except that names never stand for the
 * host's own ids: not where the container shares the host's user namespace, nor where its map leads below 65536 (there
 * systemd answers `vu-NAME-0` with uid 0).
 */
export function namedByName(kind: IdKind, registry: Registry, name: string): NamedId | undefined {
  if (name.length > maximumName || !name.startsWith(kind.prefix)) return undefined;
  const hyphen = name.lastIndexOf('-');
  const digits = name.slice(hyphen + 1);
  if (hyphen < kind.prefix.length || !shortestDecimal.test(digits)) return undefined;
  const machine = registry.get(name.slice(kind.prefix.length, hyphen));
  if (machine?.class !== 'container' || machine.facts.sharesHostUsers) return undefined;
  const insideId = Number(digits);
  const line = isId(insideId) ? lineOfInside(kind.map(machine), insideId) : undefined;
  if (line === undefined || line.outside === 0) return undefined;
  const id = insideId - line.inside + line.outside;
  return id >= firstForeignId ? named(kind, machine, id, insideId) : undefined;
}

/**
 * How many digits a number in a machine may have so that there is a name for it; 0: there is none for any. 10 are as
 * many as any has.
 */
export function namedDigits(machineName: string): number {
  if (machineName.includes('.')) return 0;
  return Math.min(10, Math.max(0, maximumName - 'vu--'.length - machineName.length));
}

/**
 * Longest user name: what utmp(5) can hold. POSIX allows dots, which machine names have, but systemd's strict rule
 * (`valid_user_group_name`) and so its records do not.
 */
const maximumName = 31;
const shortestDecimal = /^(?:0|[1-9]\d{0,9})$/;

function named(kind: IdKind, machine: Machine, id: number, insideId: number): NamedId | undefined {
  const name = `${kind.prefix}${machine.name}-${insideId}`;
  if (name.length > maximumName || machine.name.includes('.')) return undefined;
  return { machine, id, insideId, name, description: `${kind.label} ${insideId} of Container ${machine.name}` };
}
