import { closeSync } from 'node:fs';
import { openPeerPidfd } from '../../linux/pidfd.ts';
import { Process } from '../../linux/process.ts';
import { isOwnedBy } from '../../linux/process-user.ts';
import { isShortage } from '../../linux/shortage.ts';
import { MachineError } from '../../machine/errors.ts';
import type { ProcessIdentity } from '../../machine/machine.ts';
import type { Caller } from '../../machine/operations.ts';
import { identityOf } from '../kernel/process-identity.ts';

/**
 * Pins the process that a request came from.
 * @throws MachineError `invalid-parameter`: it has ended, or cannot be seen from here; an error of the system, as EMFILE
 */
export function pinCaller(caller: Caller): Process {
  try {
    return openCaller(caller);
  } catch (error) {
    if (isShortage(error)) throw error;
    throw new MachineError(
      'invalid-parameter',
      `the caller cannot lead a machine: ${(error as Error).message}`,
      'leader',
    );
  }
}

/**
 * The machine's supervisor: who registered it, unless that is the leader itself (systemd 262). Undefined also when the
 * caller has ended already or cannot be seen from here, and when the process is another user's: without a pidfd, as a
 * bus before dbus 1.15.8 tells of nobody, the number may be another process's by now, and the owner of a machine may
 * send signals to its supervisor.
 * @throws an error of the system, as EMFILE: there may well be one then
 */
export function identifyCaller(caller: Caller, leader: Process): ProcessIdentity | undefined {
  // There may be only one pidfd to take, and the leader has it then.
  if (caller.pid === leader.pid) return undefined;
  let process: Process | undefined;
  try {
    // The number came from the same place as the pidfd.
    process = openCaller(caller, caller.pid > 0 ? caller.pid : undefined);
    if (process.pid === leader.pid || !process.alive()) return undefined;
    return caller.uid === 0 || isOwnedBy(process, caller.uid) ? identityOf(process) : undefined;
  } catch (error) {
    if (isShortage(error)) throw error;
    return undefined;
  } finally {
    process?.close();
  }
}

function openCaller(caller: Caller, pid?: number): Process {
  const pidfd = openPeerPidfd(caller);
  try {
    return Process.fromPidfd(pidfd, pid);
  } catch (error) {
    closeSync(pidfd);
    throw error;
  }
}
