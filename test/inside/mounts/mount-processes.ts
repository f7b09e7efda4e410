import { readdirSync, readFileSync } from 'node:fs';
import { Process } from '../../../src/linux/process.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

/** The children of this process that run a program, by their numbers; those that have ended are none. */
export function processesOf(program: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === `${process.pid}`;
        return isOurs && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** A container that a process leads. */
export function machineOf(pid: number): Machine {
  const process = Process.open(pid);
  const leader = { pid, ...(process.id !== undefined && { pidfdId: process.id }) };
  process.close();
  return sampleMachine('web', { class: 'container', leader });
}
