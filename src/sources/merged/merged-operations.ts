import type { Machine } from '../../machine/machine.ts';
import type { MachineSource, MachineSources } from '../../machine/machine-source.ts';
import type { MachineOperations } from '../../machine/operations.ts';

/**
 * What changes a machine goes to the source that it is from. A new one is registered with us where that is possible,
 * and so is what is wanted of the host, and of a machine that has gone meanwhile.
 */
export function mergedOperations(merged: MachineSources): MachineOperations {
  const [first] = merged.sources as readonly [MachineSource, ...MachineSource[]];
  const own = merged.sources.find(({ name }) => name === 'embedded') ?? first;
  const of = (machine: Machine): MachineOperations => (merged.sourceOf(machine) ?? own).operations;
  return {
    register: (...registration) => own.operations.register(...registration),
    create: (request, scope, caller) => own.operations.create(request, scope, caller),
    unregister: (machine, caller) => of(machine).unregister(machine, caller),
    terminate: (machine, caller) => of(machine).terminate(machine, caller),
    kill: (machine, whom, signal, caller) => of(machine).kill(machine, whom, signal, caller),
  };
}
