import { DBusError } from '../../dbus/errors.ts';
import { type ImplementedInterface, implement } from '../../dbus/objects/implement.ts';
import type { Machine } from '../../machine/machine.ts';
import { doing } from './answering.ts';
import { callerPid } from './caller.ts';
import { unknownSize } from './encode.ts';
import { worded } from './errors.ts';
import { mappingMethods } from './id-mapping.ts';
import type { ImageMethods } from './image-methods.ts';
import { managerImageMethods } from './images.ts';
import type { InsideMethods } from './inside-methods.ts';
import { MachineList } from './machine-list.ts';
import type { MachineMethods } from './machine-methods.ts';
import { machineNamed } from './machine-named.ts';
import { description } from './org.freedesktop.machine1.Manager.ts';
import { registrationMethods } from './registration.ts';
import type { Machine1Services } from './services.ts';

/** What it shares with the objects below it. */
interface ManagerMethods {
  readonly methods: MachineMethods;
  readonly inside: InsideMethods;
  readonly images: ImageMethods;
}

/** org.freedesktop.machine1.Manager. */
export function managerInterface(
  services: Machine1Services,
  { methods, inside, images }: ManagerMethods,
): ImplementedInterface {
  const { registry, processes } = services;
  const list = new MachineList(registry);
  const named = ({ name }: { readonly name: string }): Machine => machineNamed(registry, name);
  const ofProcess = (pid: number): Machine | undefined =>
    worded('Invalid argument', () => processes.machineOf({ pid }));
  return implement(description, {
    properties: {
      PoolPath: (_, call) => images.pool(call, ({ path }) => path),
      PoolUsage: (_, call) => images.pool(call, ({ usage }) => usage ?? unknownSize),
      PoolLimit: (_, call) => images.pool(call, ({ limit }) => limit ?? unknownSize),
    },
    methods: {
      ...managerImageMethods(images),
      ...mappingMethods(registry),
      ...registrationMethods(services),
      GetMachine: (input) => methods.getPath(named(input)),
      GetMachineByPID: ({ pid }, call) =>
        pid === 0
          ? doing({}, call, (caller) => methods.getPath(foundByPid(0, ofProcess(callerPid(caller)))))
          : methods.getPath(foundByPid(pid, ofProcess(pid))),
      ListMachines: () => list.body(),
      UnregisterMachine: (input, call) => methods.unregister(named(input), call),
      TerminateMachine: ({ id }, call) => methods.terminate(machineNamed(registry, id), call),
      KillMachine: (input, call) => methods.kill(named(input), input, call),
      GetMachineAddresses: (input) => methods.getAddresses(named(input)),
      GetMachineSSHInfo: (input) => methods.getSSHInfo(named(input)),
      GetMachineOSRelease: (input, call) => methods.getOSRelease(named(input), call),
      GetMachineUIDShift: (input) => methods.getUIDShift(named(input)),
      OpenMachinePTY: (input, call) => inside.openPTY(named(input), call),
      OpenMachineLogin: (input, call) => inside.openLogin(named(input), call),
      OpenMachineShell: (input, call) => inside.openShell(named(input), input, call),
      BindMountMachine: (input, call) => inside.bindMount(named(input), input, call),
      CopyFromMachine: (input, call) => inside.copy('from', named(input), input, call),
      CopyToMachine: (input, call) => inside.copy('to', named(input), input, call),
      CopyFromMachineWithFlags: (input, call) => inside.copy('from', named(input), input, call),
      CopyToMachineWithFlags: (input, call) => inside.copy('to', named(input), input, call),
      OpenMachineRootDirectory: (input, call) => inside.openRootDirectory(named(input), call),
    },
  });
}

function foundByPid(pid: number, machine: Machine | undefined): Machine {
  if (machine !== undefined) return machine;
  const text = `PID ${pid} does not belong to any known machine`;
  throw new DBusError('org.freedesktop.machine1.NoMachineForPID', text);
}
