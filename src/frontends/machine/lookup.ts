import { MachineError } from '../../machine/errors.ts';
import type { Machine } from '../../machine/machine.ts';
import { parseMachineReference } from '../../machine/machine-name.ts';
import type { ProcessClaim, ProcessFinder } from '../../machine/operations.ts';
import type { Registry } from '../../machine/registry.ts';
import type { Call } from '../../varlink/index.ts';
import type { ProcessId } from './io.systemd.Machine.ts';

/** The parameters by which most methods choose a machine. */
export interface MachineChoice {
  readonly name?: string | null | undefined;
  readonly pid?: ProcessId | null | undefined;
}

/**
 * The machine of a name, or that a process belongs to (PID 0 is the caller), or both when both are given.
 * @throws MachineError `no-such-machine`, also when neither is given or they are of different machines;
 * `invalid-parameter` for a name or a process that no machine can have.
 */
export function chooseMachine(
  { name, pid }: MachineChoice,
  call: Call,
  registry: Registry,
  processes: ProcessFinder,
): Machine {
  const claim = pid ? readClaim(pid, call) : undefined;
  const named = typeof name === 'string' ? registry.get(parseMachineReference(name)) : undefined;
  if (typeof name === 'string' && named === undefined) throw noSuchMachine(`there is no machine ${name}`);
  if (claim === undefined) {
    if (named === undefined) throw noSuchMachine('no machine was named');
    return named;
  }
  const found = processes.machineOf(claim);
  if (found === undefined || (named !== undefined && found !== named)) {
    throw noSuchMachine(`process ${claim.pid} is in no such machine`);
  }
  return found;
}

/** @throws MachineError `invalid-parameter` (pid) */
function readClaim({ pid, pidfdId, bootId }: ProcessId, call: Call): ProcessClaim {
  if (typeof pidfdId === 'number' && pidfdId < 0) throw invalidProcess('no inode number is negative');
  // 0 is the caller: whoever says more means somebody else.
  if (pid === 0 && (pidfdId || bootId)) throw invalidProcess('the caller has a pidfd id and a boot id of its own');
  return {
    pid: pid === 0 ? (call.peer.pid ?? 0) : pid,
    ...(typeof pidfdId === 'number' && { pidfdId }),
    ...(typeof bootId === 'string' && { bootId }),
  };
}

function noSuchMachine(message: string): MachineError {
  return new MachineError('no-such-machine', message);
}

function invalidProcess(message: string): MachineError {
  return new MachineError('invalid-parameter', message, 'pid');
}
