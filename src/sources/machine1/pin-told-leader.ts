import type { Process } from '../../linux/process.ts';
import { pinSameProcess } from '../kernel/pin-same-process.ts';
import type { ToldMachine } from './told-machine.ts';

/**
 * Pins the process that leads a machine, for the caller to close. Undefined when it has ended, or none is told.
 * @throws SystemError or an error of node:fs when that cannot be known, as where no descriptor is left
 */
export function pinToldLeader({ leader, timestamp }: ToldMachine): Process | undefined {
  return leader === undefined ? undefined : pinSameProcess(leader, timestamp.monotonic);
}
