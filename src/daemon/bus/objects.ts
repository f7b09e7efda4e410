import { ObjectTree } from '../../dbus/objects/object-tree.ts';
import { type LogControl, logControlInterface, logControlPath } from '../../frontends/log-control/handlers.ts';
import { machine1Objects } from '../../frontends/machine1/objects.ts';
import type { Machine1Services } from '../../frontends/machine1/services.ts';
import { readMachineId } from '../../linux/machine-id.ts';

/** What is to be found on the bus: org.freedesktop.machine1 and the control of the log. */
export function busObjects(services: Machine1Services, control: LogControl, uid: number): ObjectTree {
  const tree = new ObjectTree({ machineId: readMachineId(), uid });
  machine1Objects(tree, services);
  tree.add(logControlPath, logControlInterface(control));
  return tree;
}
