import { MachineError } from '../../machine/errors.ts';
import type { Machine } from '../../machine/machine.ts';
import type { MachineOperations } from '../../machine/operations.ts';

/** What can be done with the machines of another registry: nothing but to look. */
export const lookingOn: MachineOperations = {
  register: ({ name }) => refuse(name),
  create: ({ name }) => refuse(name),
  unregister: ({ name }) => refuse(name),
  terminate: ({ name }) => refuse(name),
  kill: ({ name }) => refuse(name),
};

async function refuse(name: Machine['name']): Promise<never> {
  throw new MachineError(
    'not-supported',
    `machine ${name} is systemd-machined's to change: ask it, as with machinectl`,
  );
}
