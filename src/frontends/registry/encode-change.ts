import type { Address } from '../../machine/address.ts';
import { addressText } from '../../machine/address-text.ts';
import type { Machine } from '../../machine/machine.ts';
import type { MachineMetadata } from '../../machine/operations.ts';
import { givenAddresses } from '../../resolver/addresses.ts';
import { type ChangeKind, idMapsOf } from '../../resolver/changes.ts';
import type { Methods } from './io.github.mymachines.Registry.ts';

/** A reply of Subscribe. */
export type EventReply = Methods['Subscribe']['reply'];

/** Puts what becomes of machines in the words of Subscribe. */
export interface ChangeEncoder {
  present(machine: Machine): EventReply;
  /** Undefined for a change that is not told. */
  change(kind: ChangeKind, machine: Machine): EventReply | undefined;
}

/** For those who may know who is there, and no more. */
export const encodeNames: ChangeEncoder = {
  present: (machine) => named('present', machine),
  change: (kind, machine) => (kind === 'added' || kind === 'removed' ? named(kind, machine) : undefined),
};

/** For those who may inspect machines. */
export function encodeDetails(metadata: Pick<MachineMetadata, 'hostAddresses'>): ChangeEncoder {
  const addresses = (machine: Machine): Addresses => givenAddresses(machine, metadata).map(addressReply);
  const whole = (event: 'present' | 'added', machine: Machine): EventReply => ({
    ...named(event, machine),
    addresses: addresses(machine),
    ...idMaps(machine),
  });
  return {
    present: (machine) => whole('present', machine),
    change(kind, machine) {
      switch (kind) {
        case 'added':
          return whole('added', machine);
        case 'removed':
          return named('removed', machine);
        case 'addresses-changed':
          return { event: 'addresses_changed', name: machine.name, addresses: addresses(machine) };
        case 'id-map-changed':
          return { event: 'id_map_changed', name: machine.name, ...idMaps(machine) };
      }
    },
  };
}

type Addresses = NonNullable<EventReply['addresses']>;

function named(event: 'present' | 'added' | 'removed', machine: Machine): EventReply {
  return { event, name: machine.name, class: machine.class };
}

function idMaps(machine: Machine): Pick<EventReply, 'uidMap' | 'gidMap'> {
  const { users, groups } = idMapsOf(machine);
  return { uidMap: users, gidMap: groups };
}

function addressReply(address: Address): Addresses[number] {
  const { family, bytes, prefixLength, interfaceIndex, interfaceName, hostInterfaceIndex } = address;
  return {
    family,
    address: addressText(bytes),
    prefixLength,
    interfaceInside: interfaceIndex === 0 ? undefined : { index: interfaceIndex, name: interfaceName },
    hostInterfaceIndex,
  };
}
