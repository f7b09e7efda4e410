import type { Machine } from '../machine/machine.ts';
import type { NetworkDetails } from '../machine/network-details.ts';
import type { IdOverlap, Registry } from '../machine/registry.ts';
import { limitObstacles } from './explanation.ts';
import type { HostNames, NameConflict } from './host-names.ts';

/**
 * How bad it is. `fail`: somebody who asks finds nobody, or somebody else than is meant. `warn`: what is told is right,
 * but some of it is missing.
 */
export type FindingLevel = 'warn' | 'fail';

/**
 * Something about the machines that a person should know. Of host names (NameConflict): `name-collision`,
 * `name-hidden`, `name-case`, `name-long-label`. Of the names of users and groups (IdOverlap, ShortNameConflict):
 * `user-overlap`, `group-overlap`, `short-name`. Of addresses (Obstacle): `not-live`, `address-limit`,
 * `interface-limit`.
 */
export interface Finding {
  readonly reason: FindingReason;
  readonly level: FindingLevel;
  /**
   * The first {@link checkLimits.machines} of those that it is about; of an overlap, the one that the ids belong to
   * first.
   */
  readonly machines: readonly Machine[];
  /** How many more it is about. */
  readonly others: number;
  /** Of a host name: which, in lower case. Of `short-name`: which. */
  readonly name?: string;
  /** Of `name-hidden`: who has the name instead. */
  readonly by?: Machine;
  /** Of an overlap: the first id on the host, and how many. */
  readonly start?: number;
  readonly count?: number;
}

export type FindingReason =
  | 'name-collision'
  | 'name-hidden'
  | 'name-case'
  | 'name-long-label'
  | 'user-overlap'
  | 'group-overlap'
  | 'short-name'
  | 'not-live'
  | 'address-limit'
  | 'interface-limit';

/** What was found, and of which reasons there is more than is told. */
export interface Findings {
  readonly findings: readonly Finding[];
  readonly more: readonly FindingReason[];
}

/** Nobody reads more; and thousands of machines can have thousands of ids in common. */
export const checkLimits = {
  /** Machines told of one finding. */
  machines: 16,
  /** Findings told of one reason. */
  findings: 64,
} as const;

const levels: Readonly<Record<FindingReason, FindingLevel>> = {
  'name-collision': 'fail',
  'name-hidden': 'warn',
  'name-case': 'warn',
  'name-long-label': 'fail',
  'user-overlap': 'fail',
  'group-overlap': 'fail',
  'short-name': 'fail',
  'not-live': 'warn',
  'address-limit': 'warn',
  'interface-limit': 'warn',
};

/**
 * Looks for what is wrong with the machines and their names, as far as the registry tells. In the order of {@link
 * levels}.
 */
export function checkMachines(
  registry: Registry,
  hostNames: Pick<HostNames, 'conflicts'>,
  network: Pick<NetworkDetails, 'addressSource'>,
): Findings {
  const found = new Map<FindingReason, Finding[]>();
  const more = new Set<FindingReason>();
  /** False: it is one too many. */
  const add = (reason: FindingReason, machines: readonly Machine[], rest: Partial<Finding> = {}): boolean => {
    const those = found.get(reason) ?? [];
    if (those.length === checkLimits.findings) more.add(reason);
    else found.set(reason, [...those, { ...rest, reason, level: levels[reason], ...firstOf(machines) }]);
    return !more.has(reason);
  };
  for (const { kind, name, machines, by } of hostNames.conflicts()) {
    add(nameReasons[kind], machines, { name, ...(by && { by }) });
  }
  const addOverlaps = (reason: FindingReason, overlaps: Iterable<IdOverlap>): void => {
    for (const { start, count, machines } of overlaps) if (!add(reason, machines, { start, count })) return;
  };
  addOverlaps('user-overlap', registry.userOverlaps());
  addOverlaps('group-overlap', registry.groupOverlaps());
  for (const { shortName: name, machines } of registry.shortNameConflicts()) add('short-name', machines, { name });
  for (const [reason, machines] of machinesByReason(registry, network)) add(reason, machines);
  const reasons = Object.keys(levels) as FindingReason[];
  return {
    findings: reasons.flatMap((reason) => found.get(reason) ?? []),
    more: reasons.filter((one) => more.has(one)),
  };
}

const nameReasons: Readonly<Record<NameConflict['kind'], FindingReason>> = {
  collision: 'name-collision',
  hidden: 'name-hidden',
  case: 'name-case',
  'long-label': 'name-long-label',
};

function firstOf(machines: readonly Machine[]): Pick<Finding, 'machines' | 'others'> {
  const first = machines.slice(0, checkLimits.machines);
  return { machines: first, others: machines.length - first.length };
}

/** What is the matter with one machine by itself is told once for all that share it. */
function machinesByReason(
  registry: Registry,
  network: Pick<NetworkDetails, 'addressSource'>,
): Map<FindingReason, Machine[]> {
  const found = new Map<FindingReason, Machine[]>();
  for (const machine of registry) {
    for (const reason of reasonsOf(machine, network)) {
      const those = found.get(reason);
      if (those === undefined) found.set(reason, [machine]);
      else those.push(machine);
    }
  }
  return found;
}

function* reasonsOf(machine: Machine, network: Pick<NetworkDetails, 'addressSource'>): Generator<FindingReason> {
  if (machine.class === 'container' && machine.facts.sharesHostNetwork) return;
  if (machine.class === 'container' && network.addressSource(machine) === 'proc') yield 'not-live';
  for (const { reason } of limitObstacles(machine)) yield reason;
}
