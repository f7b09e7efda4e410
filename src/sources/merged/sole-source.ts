import { isSameRegistration, type Machine } from '../../machine/machine.ts';
import { hostMachineName } from '../../machine/machine-name.ts';
import type { MachineSource, MachineSources } from '../../machine/machine-source.ts';

/** One source as all that there are: its registry is the one that everybody is answered from. */
export function soleSource(source: MachineSource): MachineSources {
  const { registry } = source;
  return {
    sources: [source],
    registry,
    sourceOf(machine: Machine) {
      const now = registry.get(machine.name);
      const there = now !== undefined && now.name !== hostMachineName && isSameRegistration(now, machine);
      return there ? source : undefined;
    },
    conflicts: () => [],
  };
}
