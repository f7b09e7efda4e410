import type { MachineLeaders } from '../../machine/machine-source.ts';
import type { MachineMetadata } from '../../machine/operations.ts';
import type { MachineRoots } from './roots/machine-roots.ts';

/** What machines tell of themselves, by way of the kernel. */
export function machineMetadata(roots: MachineRoots, leaders: MachineLeaders): MachineMetadata {
  return {
    hostAddresses: () => leaders.hostAddresses(),
    osRelease: (machine) => roots.osRelease(machine),
    refresh: (machine) => leaders.refresh(machine.name),
  };
}
