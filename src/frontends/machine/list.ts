import { MachineError } from '../../machine/errors.ts';
import type { Machine } from '../../machine/machine.ts';
import type { MachineMetadata } from '../../machine/operations.ts';
import { addressesOf } from '../../resolver/addresses.ts';
import { uidShiftOf } from '../../resolver/id-mapping.ts';
import { type MachineReply, machineReply } from './encode.ts';
import type { AcquireMetadata } from './io.systemd.Machine.ts';

/**
 * A machine as List tells of it.
 * @throws MachineError for `yes`, when addresses, OS release or UID shift cannot be had, in this order; `graceful`
 * leaves out what cannot be had
 */
export async function listReply(
  machine: Machine,
  acquire: AcquireMetadata,
  metadata: MachineMetadata,
  bootId: string,
): Promise<MachineReply> {
  if (acquire === 'no') return machineReply(machine, bootId);
  metadata.refresh(machine);
  const get = acquire === 'graceful' ? orNothing : anyway;
  return machineReply(machine, bootId, {
    addresses: await get(() => addressesOf(machine, metadata)),
    osRelease: await get(() => metadata.osRelease(machine)),
    uidShift: await get(() => uidShiftOf(machine)),
  });
}

async function orNothing<T>(get: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (error instanceof MachineError) return undefined;
    throw error;
  }
}

async function anyway<T>(get: () => T | Promise<T>): Promise<T> {
  return get();
}

/**
 * All machines, one reply each. When one has no metadata to tell, `yes` ends the list with its error (systemd 262).
 * @throws MachineError
 */
export async function* listAll(
  machines: Iterable<Machine>,
  reply: (machine: Machine) => Promise<MachineReply>,
): AsyncGenerator<MachineReply, MachineReply, void> {
  // As they are now: the registry may change while a slow reader takes its time.
  const all = [...machines];
  const last = all.pop();
  if (last === undefined) throw new MachineError('no-such-machine', 'there are no machines');
  for (const machine of all) yield await reply(machine);
  return reply(last);
}
