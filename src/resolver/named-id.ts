import type { AccountIds } from '../machine/accounts.ts';
import { firstForeignId, type IdMap, isId, lineOfInside } from '../machine/id-map.ts';
import type { Machine } from '../machine/machine.ts';
import type { IdOwner, IdRun, Registry } from '../machine/registry.ts';
import { maximumUserName, namedDigits } from '../machine/short-name.ts';

/** A user or group of a container, as the host sees it. */
export interface NamedId {
  readonly machine: Machine;
  /** Its number on the host. */
  readonly id: number;
  /** Its number in the container. */
  readonly insideId: number;
  /** What stands for the machine in its name. */
  readonly label: string;
  /** Its name on the host, the only one: `vu-web-33`, or `vu-webexa_ao56qkvers-33` where that is not possible. */
  readonly name: string;
  /** As in `UID 33 of Container web`. Always fit for a GECOS field, because a machine's name is. */
  readonly description: string;
}

/** What tells users from groups. Nothing else does. */
export interface IdKind {
  readonly prefix: 'vu-' | 'vg-';
  readonly label: 'UID' | 'GID';
  owner(registry: Registry, id: number): IdOwner | undefined;
  run(registry: Registry, id: number): IdRun | undefined;
  map(machine: Machine): IdMap;
  accounts(ids: AccountIds): ArrayLike<number>;
}

/**
 * The user or group with a number on the host. None: the host's own (below 65536), those of no container, the two
 * numbers inside that are no ids, and those of which two machines' names leave the same (registry's
 * `shortNameConflicts`).
 */
export function namedById(kind: IdKind, registry: Registry, id: number): NamedId | undefined {
  const owner = kind.owner(registry, id);
  if (owner === undefined || !isId(owner.insideId)) return undefined;
  const { machine, insideId } = owner;
  const label = labelOf(registry, machine, insideId);
  return label === undefined ? undefined : new LabelledId(kind, machine, label, id, insideId);
}

/**
 * The user or group with a name on the host: the prefix, the machine's exact name, a hyphen, and its number in the
 * container as the shortest decimal. Only containers have any. As systemd 262, except that names never stand for the
 * host's own ids: not where the container shares the host's user namespace, nor where its map leads below 65536 (there
 * systemd answers `vu-NAME-0` with uid 0). Where such a name would have a dot or be too long, there is none in systemd
 * 262, and here the machine's short name stands for its own (short-name.ts).
 */
export function namedByName(kind: IdKind, registry: Registry, name: string): NamedId | undefined {
  if (name.length > maximumUserName || !name.startsWith(kind.prefix)) return undefined;
  const digits = trailingDigits(name);
  const hyphen = name.length - digits - 1;
  if (digits === 0 || hyphen < kind.prefix.length || name[hyphen] !== '-') return undefined;
  const label = name.slice(kind.prefix.length, hyphen);
  const machine = registry.get(label) ?? registry.byShortName(label);
  if (machine?.class !== 'container' || machine.facts.sharesHostUsers) return undefined;
  const insideId = Number(name.slice(hyphen + 1));
  const line = isId(insideId) ? lineOfInside(kind.map(machine), insideId) : undefined;
  if (line === undefined || line.outside === 0) return undefined;
  const id = insideId - line.inside + line.outside;
  // Nobody has two names.
  if (id < firstForeignId || labelOf(registry, machine, insideId) !== label) return undefined;
  return new LabelledId(kind, machine, label, id, insideId);
}

/** Whether its machine's short name is part of its name. */
export function isShort({ label }: NamedId): boolean {
  return label.includes('_');
}

/** How many digits a text ends in; 0 where they are not the shortest decimal of a number of 32 bits. */
function trailingDigits(text: string): number {
  let start = text.length;
  while (start > 0 && text.charCodeAt(start - 1) >= 0x30 && text.charCodeAt(start - 1) <= 0x39) start--;
  const digits = text.length - start;
  return digits > 10 || (digits > 1 && text[start] === '0') ? 0 : digits;
}

/** What stands for a machine in the name of a user or group with that number in it. */
function labelOf(registry: Registry, machine: Machine, insideId: number): string | undefined {
  return isOrdinary(machine.name, insideId) ? machine.name : registry.shortNameOf(machine);
}

function isOrdinary(machineName: string, insideId: number): boolean {
  const digits = namedDigits(machineName);
  return digits === 10 || (digits > 0 && insideId < 10 ** digits);
}

/** Makes the texts when they are asked for: for most questions there is a reply that has them. */
class LabelledId implements NamedId {
  readonly machine: Machine;
  readonly id: number;
  readonly insideId: number;
  readonly label: string;
  readonly #kind: IdKind;

  constructor(kind: IdKind, machine: Machine, label: string, id: number, insideId: number) {
    this.machine = machine;
    this.id = id;
    this.insideId = insideId;
    this.#kind = kind;
    this.label = label;
  }

  get name(): string {
    return `${this.#kind.prefix}${this.label}-${this.insideId}`;
  }

  get description(): string {
    return `${this.#kind.label} ${this.insideId} of Container ${this.machine.name}`;
  }
}
