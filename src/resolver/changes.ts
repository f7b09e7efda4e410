import type { Address } from '../machine/address.ts';
import type { IdMap } from '../machine/id-map.ts';
import type { Machine } from '../machine/machine.ts';
import type { MachineMetadata } from '../machine/operations.ts';
import type { RegistryEvent } from '../machine/registry.ts';
import { givenAddresses } from './addresses.ts';

/** What became of a machine, for those who follow what can be asked of it: not every change of the registry is one. */
export type ChangeKind = 'added' | 'removed' | 'addresses-changed' | 'id-map-changed';

/** The changes that an event of the registry amounts to, in the order in which they are to be told. None of `.host`. */
export function changesOf(
  event: RegistryEvent,
  metadata: Pick<MachineMetadata, 'hostAddresses'>,
): readonly ChangeKind[] {
  if (event.machine.class === 'host') return [];
  if (event.kind !== 'changed') return [event.kind];
  const { before, machine } = event;
  const changes: ChangeKind[] = [];
  if (haveOtherAddresses(before, machine, metadata)) changes.push('addresses-changed');
  if (haveOtherIds(before, machine)) changes.push('id-map-changed');
  return changes;
}

/** How a machine's users and groups are mapped. The ids of a VM's leader are those of its hypervisor. */
export function idMapsOf({ class: machineClass, facts }: Machine): { readonly users: IdMap; readonly groups: IdMap } {
  return machineClass === 'container' ? { users: facts.uidMap, groups: facts.gidMap } : { users: [], groups: [] };
}

function haveOtherAddresses(
  before: Machine,
  machine: Machine,
  metadata: Pick<MachineMetadata, 'hostAddresses'>,
): boolean {
  // Most changes leave them alone; choosing takes time when there are many.
  const alike =
    before.facts.addresses === machine.facts.addresses &&
    before.facts.sharesHostNetwork === machine.facts.sharesHostNetwork &&
    before.interfaces === machine.interfaces &&
    before.class === machine.class;
  if (alike) return false;
  const [was, is] = [givenAddresses(before, metadata), givenAddresses(machine, metadata)];
  return was.length !== is.length || is.some((address, index) => !isSame(address, was[index] as Address));
}

function isSame(a: Address, b: Address): boolean {
  return (
    a === b ||
    (a.interfaceIndex === b.interfaceIndex &&
      a.interfaceName === b.interfaceName &&
      a.hostInterfaceIndex === b.hostInterfaceIndex &&
      a.prefixLength === b.prefixLength &&
      Buffer.compare(a.bytes, b.bytes) === 0)
  );
}

function haveOtherIds(before: Machine, machine: Machine): boolean {
  const [was, is] = [idMapsOf(before), idMapsOf(machine)];
  return !(isSameMap(was.users, is.users) && isSameMap(was.groups, is.groups));
}

function isSameMap(a: IdMap, b: IdMap): boolean {
  if (a === b) return true;
  return (
    a.length === b.length &&
    a.every(({ inside, outside, count }, index) => {
      const other = b[index];
      return inside === other?.inside && outside === other.outside && count === other.count;
    })
  );
}
