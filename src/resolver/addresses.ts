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
  if (machine.class === 'host') return chosenOf(judgedAddressesOf(machine, metadata));
  if (machine.class === 'vm') {
    throw new MachineError('not-available', `${machine.name} is a VM: the kernel does not know its addresses`);
  }
  if (machine.facts.sharesHostNetwork) {
    throw new MachineError('no-private-networking', `${machine.name} shares the network of the host`);
  }
  const known = choices.get(machine);
  if (known !== undefined) return known;
  const chosen = chosenOf(judgedAddressesOf(machine, metadata));
  choices.set(machine, chosen);
  return chosen;
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

/** A machine is another one after each change: what was chosen of it holds for as long as it is there. */
const choices = new WeakMap<Machine, readonly Address[]>();

function chosenOf(judged: readonly JudgedAddress[]): readonly Address[] {
  return judged.filter(({ verdict }) => verdict === 'chosen').map(({ address }) => address);
}
