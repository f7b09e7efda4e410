import { closeSync } from 'node:fs';
import { type AnyVariant, Variant } from '../../dbus/values.ts';
import { openPeerPidfd } from '../../linux/pidfd.ts';
import { Process } from '../../linux/process.ts';
import type { Caller } from '../../machine/operations.ts';

/** A subject as polkit takes it: its kind and what tells which one it is. */
export type Subject = readonly [kind: string, properties: ReadonlyMap<string, AnyVariant>];

/**
 * Names a caller to polkit: by its name on the bus, else as a process, whose session polkit looks at. The pidfd in it
 * is for the message that it goes into. Undefined when the process has ended.
 */
export function subjectOf(caller: Caller): Subject | undefined {
  const { busName, uid } = caller;
  if (busName !== undefined) return ['system-bus-name', new Map([['name', new Variant('s', busName)]])];
  let pidfd: number;
  try {
    pidfd = openPeerPidfd(caller);
  } catch {
    return undefined;
  }
  try {
    return processSubject(pidfd, uid);
  } catch {
    closeSync(pidfd);
    return undefined;
  }
}

/**
 * By pidfd for polkit 124 and later, and by number and start time for older ones, which do not know that.
 * Throws when the process has ended.
 */
function processSubject(pidfd: number, uid: number): Subject {
  // It is not closed: it does not own the descriptor.
  const process = Process.fromPidfd(pidfd);
  return [
    'unix-process',
    new Map<string, AnyVariant>([
      ['pidfd', new Variant('h', pidfd)],
      ['pid', new Variant('u', process.pid)],
      ['start-time', new Variant('t', startTimeIn(process.readFile('stat')))],
      // Half of all user numbers are negative here; polkit knows.
      ['uid', new Variant('i', uid | 0)],
    ]),
  ];
}

/** Field 22 of proc_pid_stat(5), in clock ticks since boot. The name before it may have blanks and parentheses. */
function startTimeIn(stat: string): bigint {
  return BigInt(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '');
}
