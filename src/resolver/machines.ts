import { MachineError } from '../machine/errors.ts';
import type { Machine } from '../machine/machine.ts';
import { parseMachineReference } from '../machine/machine-name.ts';
import type { ProcessClaim, ProcessFinder } from '../machine/operations.ts';
import type { Registry } from '../machine/registry.ts';

/** Which machine is asked for: by its name, by a process that belongs to it, or by both. */
export interface MachineQuery {
  readonly name?: string;
  readonly process?: ProcessClaim;
}

/**
 * The machine that a query is for; where it has both name and process, that which has both (systemd 262).
 * @throws MachineError `no-such-machine`, also when neither is given or they are of different machines;
 * `invalid-parameter` for a name or a process that no machine can have.
 */
export function findMachine(
  registry: Registry,
  processes: Pick<ProcessFinder, 'machineOf'>,
  { name, process: claim }: MachineQuery,
): Machine {
  const named = name === undefined ? undefined : registry.get(parseMachineReference(name));
  if (name !== undefined && named === undefined) throw noSuchMachine(`there is no machine ${name}`);
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

function noSuchMachine(message: string): MachineError {
  return new MachineError('no-such-machine', message);
}
