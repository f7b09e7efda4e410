import type { Implementation } from '../../dbus/objects/interface.ts';
import type { Machine } from '../../machine/machine.ts';
import { parseId } from '../../machine/registration-rules.ts';
import type { Registry } from '../../machine/registry.ts';
import { mapFrom, mapTo } from '../../resolver/id-mapping.ts';
import { answering } from './answering.ts';
import { invalidArguments, worded } from './errors.ts';
import { machineNamed } from './machine-named.ts';
import type { description } from './org.freedesktop.machine1.Manager.ts';
import { machinePath } from './paths.ts';

type Methods = Implementation<typeof description>['methods'];

/** The methods of Manager that tell the numbers of users and groups, on the host and in a container. */
export function mappingMethods(registry: Registry): Pick<Methods, Extract<keyof Methods, `Map${string}`>> {
  const container = (name: string): Machine => {
    const machine = machineNamed(registry, name);
    if (machine.class === 'container') return machine;
    throw invalidArguments('Not supported for non-container machines.');
  };
  return {
    MapFromMachineUser: ({ name, uid_inner }) => {
      const uid = readId('user', uid_inner);
      const machine = container(name);
      return { uid_outer: answering({ machine }, () => mapFrom(machine, { uid })).uid as number };
    },
    MapFromMachineGroup: ({ name, gid_inner }) => {
      const gid = readId('group', gid_inner);
      const machine = container(name);
      return { gid_outer: answering({ machine }, () => mapFrom(machine, { gid })).gid as number };
    },
    MapToMachineUser: ({ uid_outer }) => {
      const uid = readId('user', uid_outer);
      const { machine, uid: inside } = answering({ id: uid }, () => mapTo(registry, { uid }));
      return { machine_name: machine.name, machine_path: machinePath(machine.name), uid_inner: inside as number };
    },
    MapToMachineGroup: ({ gid_outer }) => {
      const gid = readId('group', gid_outer);
      const { machine, gid: inside } = answering({ id: gid }, () => mapTo(registry, { gid }));
      return { machine_name: machine.name, machine_path: machinePath(machine.name), gid_inner: inside as number };
    },
  };
}

function readId(kind: 'user' | 'group', id: number): number {
  return worded(`Invalid ${kind} ID ${id}`, () => parseId(id, kind));
}
