import { SystemError } from '../../linux/libc.ts';
import { Process } from '../../linux/process.ts';
import { isKernelThread } from '../../linux/process-flags.ts';
import { isShortage } from '../../linux/shortage.ts';
import { MachineError } from '../../machine/errors.ts';
import type { ProcessClaim } from '../../machine/operations.ts';
import { canHavePidfdId } from './process-identity.ts';

/**
 * Pins the process that a request names as a leader; the caller closes it. All that the claim says must be true of one
 * process.
 * @throws MachineError `no-such-process` (`leader`): there is none, it is a thread, it has ended, or it is another one
 * by now; `invalid-parameter`: it is of another boot. An error of the system, such as EMFILE, says nothing of the claim.
 */
export function pinLeader(claim: ProcessClaim, bootId: string): Process {
  if (claim.bootId !== undefined && claim.bootId !== bootId) {
    throw new MachineError('invalid-parameter', `process ${claim.pid} is of another boot`, 'leader');
  }
  const process = openProcess(claim.pid);
  const mistaken = !canHavePidfdId(process, claim.pidfdId);
  if (!mistaken && process.alive()) return process;
  process.close();
  const reason = mistaken ? 'is another process by now' : 'has ended';
  throw new MachineError('no-such-process', `process ${claim.pid} ${reason}`, 'leader');
}

/** Processes that can never be a machine's leader: the host's own init and what the kernel runs. */
export function isSystemProcess(process: Process): boolean {
  return process.pid === 1 || isKernelThread(process);
}

function openProcess(pid: number): Process {
  try {
    return Process.open(pid);
  } catch (error) {
    if (!(error instanceof SystemError) || isShortage(error)) throw error;
    throw new MachineError('no-such-process', `there is no process ${pid}`, 'leader');
  }
}
