import { type Address, addressScopes } from '../machine/address.ts';
import { MachineError } from '../machine/errors.ts';
import type { Machine } from '../machine/machine.ts';
import type { MachineMetadata } from '../machine/operations.ts';

/**
 * The addresses that a container has to itself, or the host, those worth telling.
 * @throws MachineError `no-private-networking` where it shares the host's, `not-available` for a VM, of which the
 * host's kernel cannot tell (both as systemd 262)
 */
export function addressesOf(machine: Machine, metadata: Pick<MachineMetadata, 'hostAddresses'>): readonly Address[] {
  if (machine.class === 'host') return selectAddresses(metadata.hostAddresses());
  if (machine.class === 'vm') {
    throw new MachineError('not-available', `${machine.name} is a VM: the kernel does not know its addresses`);
  }
  if (machine.facts.sharesHostNetwork) {
    throw new MachineError('no-private-networking', `${machine.name} shares the network of the host`);
  }
  return selectAddresses(machine.facts.addresses);
}

/**
 * The addresses of a machine that are worth telling, the best known rule's way (systemd-machined 262, which lists them
 * with the machine's own kernel): neither deprecated nor tentative nor of scope host or nowhere; IPv4 before IPv6, then
 * wider scope first, then the lower interface index, then the lower bytes. The same address on the same interface is
 * listed once; on two interfaces it is two addresses, because a link-local one means different hosts there.
 */
export function selectAddresses(addresses: readonly Address[]): readonly Address[] {
  const usable = addresses.filter(
    ({ deprecated, tentative, scope }) => !deprecated && !tentative && scope < addressScopes.host,
  );
  const sorted = usable.sort(compare);
  return sorted.filter((address, index) => index === 0 || compare(address, sorted[index - 1] as Address) !== 0);
}

function compare(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family === 'ipv4' ? -1 : 1;
  return a.scope - b.scope || a.interfaceIndex - b.interfaceIndex || Buffer.compare(a.bytes, b.bytes);
}
