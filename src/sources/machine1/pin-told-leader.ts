import { currentTimestamp } from '../../linux/clock.ts';
import { SystemError } from '../../linux/libc.ts';
import { Process } from '../../linux/process.ts';
import { processAge } from '../../linux/process-age.ts';
import { canHavePidfdId } from '../kernel/process-identity.ts';
import type { ToldMachine } from './told-machine.ts';

/**
 * Pins the process that leads a machine, for the caller to close. Undefined when it has ended, also when its number is
 * another process's by now: that has another pidfd id, or, where these are not told (before systemd 257, Linux 6.9), was
 * started after the machine was registered.
 * @throws SystemError or an error of node:fs when that cannot be known, as where no descriptor is left
 */
export function pinToldLeader({ leader, timestamp }: ToldMachine): Process | undefined {
  if (leader === undefined) return undefined;
  let process: Process | undefined;
  try {
    process = Process.open(leader.pid);
    const known = leader.pidfdId !== undefined && process.id !== undefined;
    if (
      process.alive() &&
      canHavePidfdId(process, leader.pidfdId) &&
      (known || !startedAfter(process, timestamp.monotonic))
    ) {
      return process;
    }
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'ESRCH')) {
      process?.close();
      throw error;
    }
  }
  process?.close();
  return undefined;
}

/**
 * Whether a process was certainly started after a moment of CLOCK_MONOTONIC, which is 0 when it is not known. That clock
 * stands still while the machine is suspended and a process's age does not, so a process seems older than it is rather
 * than younger.
 */
function startedAfter(process: Process, monotonic: number): boolean {
  return monotonic > 0 && processAge(process) + TOLERANCE < currentTimestamp().monotonic - monotonic;
}

/** Microseconds: twice as much as the age is exact to. */
const TOLERANCE = 20_000;
