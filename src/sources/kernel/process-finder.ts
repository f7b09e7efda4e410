import { SystemError } from '../../linux/libc.ts';
import { pidfdId, pidOfPidfd } from '../../linux/pidfd.ts';
import { Process } from '../../linux/process.ts';
import { MachineError } from '../../machine/errors.ts';
import type { Machine } from '../../machine/machine.ts';
import type { ProcessClaim, ProcessFinder } from '../../machine/operations.ts';
import { parsePid } from '../../machine/registration-rules.ts';
import type { Registry } from '../../machine/registry.ts';
import { readLeaderUnit } from './leader-facts.ts';

/**
 * Finds the machines of processes by what the kernel says of them now.
 * @param managerUid whose service manager's units count: 0 is the system's
 */
export function processFinder(registry: Registry, bootId: string, managerUid: number): ProcessFinder {
  return {
    machineOf: (claim) => {
      parsePid(claim.pid, 'pid');
      if (claim.bootId !== undefined && !/^[0-9a-f]{32}$/i.test(claim.bootId)) {
        throw new MachineError('invalid-parameter', 'no boot id', 'pid');
      }
      if (claim.bootId !== undefined && claim.bootId.toLowerCase() !== bootId) return undefined;
      return registry.byLeader(claim.pid) ?? machineOfUnit(registry, claim, managerUid);
    },
    claimOf,
  };
}

function claimOf(pidfd: number): ProcessClaim {
  try {
    // First what only looks into our own /proc: a file that is no pidfd may be on a file system that never answers.
    const pid = pidOfPidfd(pidfd);
    const id = pidfdId(pidfd);
    return { pid, ...(id !== undefined && { pidfdId: id }) };
  } catch (error) {
    if (!(error instanceof SystemError || error instanceof TypeError)) throw error;
    throw new MachineError('invalid-parameter', `no process: ${error.message}`, 'leader');
  }
}

function machineOfUnit(registry: Registry, { pid }: ProcessClaim, managerUid: number): Machine | undefined {
  let process: Process | undefined;
  try {
    process = Process.open(pid);
    const { unit } = readLeaderUnit(process, managerUid);
    return unit === undefined ? undefined : registry.byUnit(unit);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  } finally {
    process?.close();
  }
}
