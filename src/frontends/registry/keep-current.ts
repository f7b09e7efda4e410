import type { NetworkDetails } from '../../machine/network-details.ts';
import type { MachineMetadata } from '../../machine/operations.ts';
import type { Registry } from '../../machine/registry.ts';

/**
 * Has the facts of all machines read again once, as everybody does who asks for them, and then each second those of
 * containers whose addresses the kernel does not tell by itself. Returns what ends it.
 */
export function keepCurrent(
  registry: Registry,
  metadata: Pick<MachineMetadata, 'refresh'>,
  network: Pick<NetworkDetails, 'addressSource'>,
): () => void {
  for (const machine of registry) metadata.refresh(machine);
  const timer = setInterval(() => {
    for (const machine of registry) {
      if (machine.class === 'container' && network.addressSource(machine) === 'proc') metadata.refresh(machine);
    }
  }, INTERVAL);
  return () => clearInterval(timer);
}

/** Milliseconds; more often nothing is read anyway. */
const INTERVAL = 1000;
