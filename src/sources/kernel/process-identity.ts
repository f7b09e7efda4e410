import type { Process } from '../../linux/process.ts';
import type { ProcessIdentity } from '../../machine/machine.ts';

/** What names a process for good. */
export function identityOf(process: Process): ProcessIdentity {
  return { pid: process.pid, ...(process.id !== undefined && { pidfdId: process.id }) };
}

/**
 * Whether a process can be the one that had this pidfd id. Where there is none, or the kernel has none (before
 * Linux 6.9), the number has to do.
 */
export function canHavePidfdId(process: Process, pidfdId: number | undefined): boolean {
  return pidfdId === undefined || process.id === undefined || process.id === pidfdId;
}
