import { type Address, addressLimits } from '../machine/address.ts';
import { firstForeignId, foreignLines, type IdMap, uidShift } from '../machine/id-map.ts';
import type { Machine } from '../machine/machine.ts';
import type { AddressSource, NetworkDetails } from '../machine/network-details.ts';
import type { MachineMetadata } from '../machine/operations.ts';
import type { IdOverlap, Registry } from '../machine/registry.ts';
import { namedDigits } from '../machine/short-name.ts';
import type { JudgedAddress } from './address-choice.ts';
import { judgedAddressesOf } from './addresses.ts';

/**
 * What stands in the way of a machine's names. Of its addresses:
 *
 * - `vm-network`: it is a VM, and nobody says what addresses it has.
 * - `host-network`: it shares the network of the host.
 * - `no-address`: there is none, or none that is worth telling.
 * - `not-live`: they are read when somebody asks, and nothing is known of where interfaces lead.
 * - `address-limit`, `interface-limit`: there may be more than are looked at (addressLimits).
 *
 * Of the names of its users and groups:
 *
 * - `vm-users`: it is a VM, whose users are not the host's affair.
 * - `host-users`: it shares the users of the host.
 * - `no-id-map`: it has a user namespace, and no id of the host's is mapped there, or none is known.
 * - `host-ids`: some of its ids, or all, are among the host's own.
 * - `short-name`: the machine's name leaves no room for some, and its short name is another machine's, too.
 * - `overlap`: another machine claims some of its ids and comes first.
 */
export type Obstacle =
  | { readonly reason: AddressObstacle | Exclude<UserObstacle, 'short-name' | 'overlap'> }
  /** Numbers from `from` on have no names. */
  | { readonly reason: 'short-name'; readonly from: number }
  | { readonly reason: 'overlap'; readonly machines: readonly Machine[] };

type AddressObstacle = 'vm-network' | 'host-network' | 'no-address' | 'not-live' | 'address-limit' | 'interface-limit';
type UserObstacle = 'vm-users' | 'host-users' | 'no-id-map' | 'host-ids' | 'short-name' | 'overlap';

type LimitObstacle = { readonly reason: 'address-limit' | 'interface-limit' };

/** What stands for a machine's name in the names of its users and groups whose number is `from` or more. */
export interface ShortNameUse {
  readonly name: string;
  readonly from: number;
}

/** Everything about the names of one machine. */
export interface Explanation {
  readonly machine: Machine;
  /** How the addresses are known. */
  readonly source: AddressSource;
  /** Every address seen, the chosen ones first. */
  readonly addresses: readonly JudgedAddress[];
  /** By how much users and groups alike are shifted, where that is all there is to say. */
  readonly uidShift: number | undefined;
  /** Absent where the machine's own name fits for all that are mapped. */
  readonly shortName: ShortNameUse | undefined;
  /** Runs of host ids that it and others claim, lowest first, {@link overlapLimit} of each kind at most. */
  readonly userOverlaps: readonly IdOverlap[];
  readonly groupOverlaps: readonly IdOverlap[];
  readonly obstacles: readonly Obstacle[];
}

/** As many runs of ids are told; a map of 340 lines can have more than anybody reads. */
export const overlapLimit = 64;

/** Explains what a machine's names are made of, and why some are not there. */
export function explain(
  machine: Machine,
  registry: Registry,
  metadata: Pick<MachineMetadata, 'hostAddresses'>,
  network: NetworkDetails,
): Explanation {
  const source = network.addressSource(machine);
  const addresses = judgedAddressesOf(machine, metadata);
  const userOverlaps = firstOf(registry.userOverlaps(machine.name));
  const groupOverlaps = firstOf(registry.groupOverlaps(machine.name));
  const { uidMap, gidMap } = machine.facts;
  return {
    machine,
    source,
    addresses,
    uidShift: machine.class === 'container' ? uidShift(uidMap, gidMap) : undefined,
    shortName: shortNameUse(machine, registry),
    userOverlaps,
    groupOverlaps,
    obstacles: [
      ...addressObstacles(machine, source, addresses),
      ...userObstacles(machine),
      ...shortNameObstacles(machine, registry),
      ...overlapObstacles(machine, [...userOverlaps, ...groupOverlaps]),
    ],
  };
}

function* addressObstacles(
  machine: Machine,
  source: AddressSource,
  addresses: readonly JudgedAddress[],
): Generator<Obstacle> {
  if (machine.class === 'vm') {
    yield* limitObstacles(machine);
    if (!addresses.some(({ verdict }) => verdict === 'chosen')) yield { reason: 'vm-network' };
    return;
  }
  if (machine.class === 'container' && machine.facts.sharesHostNetwork) return yield { reason: 'host-network' };
  if (!addresses.some(({ verdict }) => verdict === 'chosen')) yield { reason: 'no-address' };
  if (source === 'proc') yield { reason: 'not-live' };
  yield* limitObstacles(machine);
}

/** That more may be there than is looked at. */
export function* limitObstacles({ class: machineClass, facts: { addresses } }: Machine): Generator<LimitObstacle> {
  if (machineClass === 'host') return;
  if (machineClass === 'vm') {
    if (addresses.length >= addressLimits.guest) yield { reason: 'address-limit' };
    return;
  }
  const count = (family: Address['family']) => addresses.filter((address) => address.family === family).length;
  if (Math.max(count('ipv4'), count('ipv6')) >= addressLimits.addresses) yield { reason: 'address-limit' };
  const interfaces = new Set(addresses.map(({ interfaceIndex }) => interfaceIndex));
  if (interfaces.size >= addressLimits.interfaces) yield { reason: 'interface-limit' };
}

/** What stands in the way of the names of users and groups, besides other machines. */
function* userObstacles({ class: machineClass, facts }: Machine): Generator<Obstacle> {
  if (machineClass === 'host') return;
  if (machineClass === 'vm') return yield { reason: 'vm-users' };
  if (facts.sharesHostUsers) return yield { reason: 'host-users' };
  if (facts.uidMap.length === 0 || facts.gidMap.length === 0) yield { reason: 'no-id-map' };
  if (leadsToHost(facts.uidMap) || leadsToHost(facts.gidMap)) yield { reason: 'host-ids' };
}

/** The first number for which a container's name leaves no room, where one that is mapped is that or more. */
function firstWithoutRoom({ name, class: machineClass, facts }: Machine): number | undefined {
  if (machineClass !== 'container' || facts.sharesHostUsers) return undefined;
  const digits = namedDigits(name);
  const from = digits === 0 ? 0 : 10 ** digits;
  const lines = [...foreignLines(facts.uidMap), ...foreignLines(facts.gidMap)];
  return lines.some(({ inside, count }) => inside + count > from) ? from : undefined;
}

function shortNameUse(machine: Machine, registry: Registry): ShortNameUse | undefined {
  const from = firstWithoutRoom(machine);
  const name = from === undefined ? undefined : registry.shortNameOf(machine);
  return from === undefined || name === undefined ? undefined : { name, from };
}

function* shortNameObstacles(machine: Machine, registry: Registry): Generator<Obstacle> {
  const from = firstWithoutRoom(machine);
  if (from !== undefined && registry.shortNameOf(machine) === undefined) yield { reason: 'short-name', from };
}

/** Where a map leads to ids below 65536, or begins at the host's 0, there are no names (foreignLines). */
function leadsToHost(map: IdMap): boolean {
  const all = (lines: IdMap) => lines.reduce((sum, { count }) => sum + count, 0);
  return map.some(({ outside }) => outside < firstForeignId) && all(foreignLines(map)) < all(map);
}

function* overlapObstacles(machine: Machine, overlaps: readonly IdOverlap[]): Generator<Obstacle> {
  const first = new Set(overlaps.flatMap(({ machines }) => machines[0] ?? []));
  first.delete(machine);
  if (first.size > 0) yield { reason: 'overlap', machines: [...first] };
}

function firstOf(overlaps: Iterable<IdOverlap>): IdOverlap[] {
  const first: IdOverlap[] = [];
  for (const overlap of overlaps) {
    if (first.length === overlapLimit) break;
    first.push(overlap);
  }
  return first;
}
