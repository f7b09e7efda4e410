import type { Machine } from '../../../src/machine/machine.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { ledBy } from '../../sources/kernel/roots/root-processes.ts';

/** A container that a process leads. */
export function machineOf(pid: number): Machine {
  return sampleMachine('web', { class: 'container', leader: ledBy(pid).leader });
}
