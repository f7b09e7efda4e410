import type { MachineName } from '../../machine/machine-name.ts';
import type { MachineLeaders, MachineSource, MachineSources } from '../../machine/machine-source.ts';

/** What is known through the leaders of all machines: each source knows its own, and any of them the host. */
export function mergedLeaders(merged: MachineSources): MachineLeaders {
  const [first] = merged.sources as readonly [MachineSource, ...MachineSource[]];
  const leadersOf = (name: MachineName): MachineLeaders => {
    const machine = merged.registry.get(name);
    return ((machine && merged.sourceOf(machine)) ?? first).leaders;
  };
  return {
    get limitation() {
      return first.leaders.limitation;
    },
    hostAddresses: () => first.leaders.hostAddresses(),
    addressSource: (name) => leadersOf(name).addressSource(name),
    refresh: (name) => leadersOf(name).refresh(name),
  };
}
