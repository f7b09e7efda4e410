import type { Registry } from '../../machine/registry.ts';
import { description } from './org.freedesktop.machine1.Manager.ts';
import { machinePath, managerPath } from './paths.ts';

/** Sends a signal to everybody on the bus who wants it. */
export type EmitSignal = (
  path: string,
  interfaceName: string,
  member: string,
  signature: string,
  body: readonly unknown[],
) => void;

/** Tells of machines that come and go from now on, `.host` left out. The function returned ends it. */
export function emitMachineSignals(registry: Registry, emit: EmitSignal): () => void {
  return registry.subscribe(({ kind, machine }) => {
    if (kind === 'changed' || machine.class === 'host') return;
    const member = kind === 'added' ? 'MachineNew' : 'MachineRemoved';
    const signature = Object.values(description.signals[member]).join('');
    emit(managerPath, description.name, member, signature, [machine.name, machinePath(machine.name)]);
  });
}
