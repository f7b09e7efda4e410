import type { Generator } from '../load/generator.ts';
import type { BenchMachine } from '../machines.ts';
import { randomIntegers } from '../random.ts';
import { dbusWorkload } from './dbus-workload.ts';
import type { Workload } from './workload.ts';

/** GetMachineAddresses of random machines: what `getent hosts` asks. */
export function machineAddresses(generator: Generator): Workload {
  const probes = ['nobody', '', 'm0 '];
  return dbusWorkload(generator, {
    name: 'D-Bus addresses',
    member: 'GetMachineAddresses',
    calls: randomNames,
    probes,
  });
}

/** GetMachine of random machines. */
export function machineByName(generator: Generator): Workload {
  const probes = ['nobody', '', '.host'];
  return dbusWorkload(generator, { name: 'D-Bus machine', member: 'GetMachine', calls: randomNames, probes });
}

/** ListMachines: every machine in one reply. */
export function machineList(generator: Generator): Workload {
  return dbusWorkload(generator, {
    name: 'D-Bus list',
    member: 'ListMachines',
    calls: () => [undefined],
    constant: true,
    probes: [],
  });
}

function randomNames(machines: readonly BenchMachine[]): string[] {
  const random = randomIntegers(262);
  return Array.from({ length: CALLS }, () => (machines[random(machines.length)] as BenchMachine).name);
}

const CALLS = 4096;
