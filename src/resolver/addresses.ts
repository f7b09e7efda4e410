import type { Address } from '../machine/address.ts';
import { MachineError } from '../machine/errors.ts';
import type { Machine } from '../machine/machine.ts';
import type { MachineMetadata } from '../machine/operations.ts';
import { type JudgedAddress, judgeAddresses } from './address-choice.ts';

/**
 * The addresses to give out for a container that has a network to itself, or for the host, the best first
 * (address-choice.ts).
 * @throws MachineError `no-private-networking` where it shares the host's, `not-available` for a VM, of which the
 * host's kernel cannot tell (both as systemd 262)
 */
export function addressesOf(machine: Machine, metadata: Pick<MachineMetadata, 'hostAddresses'>): readonly Address[] {
  if (machine.class === 'host') {
    const addresses = metadata.hostAddresses();
    return remembered(addresses, () => judgeAddresses(addresses, []));
  }
  if (machine.class === 'vm') {
    throw new MachineError('not-available', `${machine.name} is a VM: the kernel does not know its addresses`);
  }
  if (machine.facts.sharesHostNetwork) {
    throw new MachineError('no-private-networking', `${machine.name} shares the network of the host`);
  }
  return remembered(machine, () => judgedAddressesOf(machine, metadata));
}

/**
 * Every address that was seen of a machine and what came of it, the chosen ones first. None for a machine that
 * `addressesOf` has an error for: what is seen of a VM's leader are the addresses of its hypervisor.
 */
export function judgedAddressesOf(
  machine: Machine,
  metadata: Pick<MachineMetadata, 'hostAddresses'>,
): readonly JudgedAddress[] {
  if (machine.class === 'host') return judgeAddresses(metadata.hostAddresses(), []);
  const own = machine.class === 'container' && !machine.facts.sharesHostNetwork;
  return own ? judgeAddresses(machine.facts.addresses, machine.interfaces) : [];
}

/**
 * What was chosen, by the machine that it was chosen of, or the list of the host's addresses: both are others after each
 * change.
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
