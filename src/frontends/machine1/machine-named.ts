import { MachineError } from '../../machine/errors.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Registry } from '../../machine/registry.ts';
import { wireError } from './errors.ts';

/** The machine of a name. What cannot be a name is a machine that is not there, as systemd 262 has it on D-Bus. */
export function machineNamed(registry: Registry, name: string): Machine {
  const machine = registry.get(name);
  if (machine !== undefined) return machine;
  throw wireError(new MachineError('no-such-machine', `there is no machine ${name}`), { name });
}
