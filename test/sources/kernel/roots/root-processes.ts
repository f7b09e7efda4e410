import { Process } from '../../../../src/linux/process.ts';
import type { Machine } from '../../../../src/machine/machine.ts';
import { sampleMachine } from '../../../machine/sample-machine.ts';
import { rootsProgram } from '../../../support/build.ts';
import { childrenRunning } from '../../../support/child-processes.ts';

/** A machine that this process leads, or the one of that number. */
export function ledBy(pid = process.pid, properties: Partial<Machine> = {}): Machine {
  const opened = Process.open(pid);
  const leader = { pid, ...(opened.id !== undefined && { pidfdId: opened.id }) };
  opened.close();
  return sampleMachine('led', { ...properties, leader });
}

/** The numbers of the processes that run the real program for us. */
export function rootProcesses(): number[] {
  return childrenRunning(rootsProgram);
}
