import type { Address } from '../machine/address.ts';
import { MachineError } from '../machine/errors.ts';
import type { Machine } from '../machine/machine.ts';
import type { MachineMetadata } from '../machine/operations.ts';
import { type JudgedAddress, judgeAddresses } from './address-choice.ts';
import { judgeGuestAddresses } from './guest-address-choice.ts';

/**
 * The addresses to give out for a container that has a network to itself, for a VM, or for the host, the best first
 * (address-choice.ts, guest-address-choice.ts).
 * @throws MachineError `no-private-networking` where it shares the host's, `not-available` for a VM of which nobody
 * says any (both as systemd 262, which never knows any of a VM)
 */
export function addressesOf(machine: Machine, metadata: Pick<MachineMetadata, 'hostAddresses'>): readonly Address[] {
  if (machine.class === 'host') {
    const addresses = metadata.hostAddresses();
    return remembered(addresses, () => judgeAddresses(addresses, []));
  }
  if (machine.class === 'vm') {
    const addresses = remembered(machine, () => judgedAddressesOf(machine, metadata));
    if (addresses.length > 0) return addresses;
    throw new MachineError('not-available', `${machine.name} is a VM: nobody here knows its addresses`);
  }
  if (machine.facts.sharesHostNetwork) {
    throw new MachineError('no-private-networking', `${machine.name} shares the network of the host`);
  }
  return remembered(machine, () => judgedAddressesOf(machine, metadata));
}

/** The addresses that are given out for a machine, the best first; none where `addressesOf` has an error. */
export function givenAddresses(machine: Machine, metadata: Pick<MachineMetadata, 'hostAddresses'>): readonly Address[] {
  try {
    return addressesOf(machine, metadata);
  } catch (error) {
    if (error instanceof MachineError) return [];
    throw error;
  }
}

/**
 * Every address that was seen of a machine and what came of it, the chosen ones first. None where it shares the host's.
 */
export function judgedAddressesOf(
  machine: Machine,
  metadata: Pick<MachineMetadata, 'hostAddresses'>,
): readonly JudgedAddress[] {
  if (machine.class === 'host') return judgeAddresses(metadata.hostAddresses(), []);
  if (machine.class === 'vm') return judgeGuestAddresses(machine.facts.addresses);
  const own = machine.class === 'container' && !machine.facts.sharesHostNetwork;
  return own ? judgeAddresses(machine.facts.addresses, machine.interfaces) : [];
}

/**
 * What was chosen, by the machine that it was chosen of, or the list of the host's addresses: both are others after
 * each change.
 */
const choices = new WeakMap<Machine | readonly Address[], readonly Address[]>();

function remembered(key: Machine | readonly Address[], judge: () => readonly JudgedAddress[]): readonly Address[] {
  const known = choices.get(key);
  if (known !== undefined) return known;
  const chosen = judge()
    .filter(({ verdict }) => verdict === 'chosen')
    .map(({ address }) => address);
  choices.set(key, chosen);
  return chosen;
}
