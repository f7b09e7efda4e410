import { readFileSync } from 'node:fs';

/** The children of a process, by its first thread, that run a program, by their numbers; those that have ended are none. */
export function childrenRunning(program: string, parent: number = process.pid): number[] {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').split(' ').filter(Boolean);
  return children.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program);
    } catch {
      return false;
    }
  });
}
