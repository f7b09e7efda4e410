import type { Generator } from '../load/generator.ts';
import { machineAddresses, machineByName, machineList } from './machine1.ts';
import { machinectlList } from './machinectl.ts';
import { registering } from './registering.ts';
import { hookByName } from './resolve-hook.ts';
import { userdbByName, userdbByUid } from './userdb.ts';
import type { Workload } from './workload.ts';

/** Everything that is measured against systemd-machined, in the order of the table. */
export function workloads(generator: Generator): readonly Workload[] {
  return [
    userdbByUid(generator),
    userdbByName(generator),
    userdbByUid(generator, true),
    hookByName(generator),
    machineAddresses(generator),
    machineByName(generator),
    machineList(generator),
    machinectlList(),
    registering(generator),
  ];
}
