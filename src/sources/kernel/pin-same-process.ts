import { currentTimestamp } from '../../linux/clock.ts';
import { SystemError } from '../../linux/libc.ts';
import { Process } from '../../linux/process.ts';
import { processAge } from '../../linux/process-age.ts';
import type { ProcessIdentity } from '../../machine/machine.ts';
import { canHavePidfdId } from './process-identity.ts';

/**
 * Pins a process that was a machine's some time ago, for the caller to close. Undefined when it has ended, also when its
 * number is another process's by now: that has another pidfd id, or, where these are not known (before systemd 257,
 * Linux 6.9), was started after the machine was registered.
 * @param registered when that was, in microseconds of CLOCK_MONOTONIC; 0 when it is not known
 * @throws SystemError or an error of node:fs when that cannot be known, as where no descriptor is left
 */
export function pinSameProcess({ pid, pidfdId }: ProcessIdentity, registered: number): Process | undefined {
  let process: Process | undefined;
  try {
    process = Process.open(pid);
    const known = pidfdId !== undefined && process.id !== undefined;
    if (process.alive() && canHavePidfdId(process, pidfdId) && (known || !startedAfter(process, registered))) {
      return process;
    }
  } catch (error) {
    if (!isGone(error)) {
      process?.close();
      throw error;
    }
  }
  process?.close();
  return undefined;
}

/** There is none of that number any more, or only a thread has it (pidfd_open(2)). */
function isGone(error: unknown): boolean {
  return error instanceof SystemError && ['EINVAL', 'ENOENT', 'ESRCH'].includes(error.code);
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
