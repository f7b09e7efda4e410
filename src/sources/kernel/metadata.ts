import type { MachineMetadata } from '../../machine/operations.ts';
import { hostAddresses } from './addresses/host.ts';
import type { Leaders } from './leaders.ts';
import type { OsReleaseReader } from './os-release.ts';

/** What machines tell of themselves, by way of the kernel. */
export function machineMetadata(osReleases: OsReleaseReader, leaders: Leaders): MachineMetadata {
  return {
    hostAddresses,
    osRelease: (machine) => osReleases.read(machine),
    refresh: (machine) => leaders.refresh(machine.name),
  };
}
