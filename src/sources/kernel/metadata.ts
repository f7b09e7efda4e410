import type { MachineLeaders } from '../../machine/machine-source.ts';
import type { MachineMetadata } from '../../machine/operations.ts';
import type { Registry } from '../../machine/registry.ts';
import type { MachineRoots } from './roots/machine-roots.ts';
import { OsReleases } from './roots/os-releases.ts';

/** What machines tell of themselves, by way of the kernel. */
export function machineMetadata(registry: Registry, roots: MachineRoots, leaders: MachineLeaders): MachineMetadata {
  const osReleases = new OsReleases(registry, roots);
  return {
    hostAddresses: () => leaders.hostAddresses(),
    osRelease: (machine, reader) => osReleases.of(machine, reader),
    refresh: (machine) => {
      // Neither the network nor the users of a VM are its leader's. Asked for very often, so it is seen to here.
      if (machine.class !== 'vm') leaders.refresh(machine.name);
    },
  };
}
