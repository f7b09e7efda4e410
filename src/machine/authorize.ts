import { MachineError } from './errors.ts';
import type { Machine } from './machine.ts';
import type { Caller } from './operations.ts';
import { decide, type Operation } from './privilege.ts';

/**
 * Lets a caller do something, or does not. What polkit would have to be asked for is denied.
 * @param daemonUid whose registry it is: 0 for the system's
 * @throws MachineError `permission-denied`
 */
export function authorize(operation: Operation, caller: Caller, daemonUid: number, machine?: Machine): void {
  if (decide(operation, caller.uid, daemonUid, machine?.owner) === 'allow') return;
  throw new MachineError('permission-denied', `user ${caller.uid} may not ${operation.replace('-', ' ')}`);
}
