import type { ImageDeed } from '../../images/image-service.ts';
import type { Deed } from '../../inside/inside.ts';
import { MachineError } from '../../machine/errors.ts';
import { describeError, type Log } from './log.ts';

/** Logs what somebody has done inside a machine, or wanted to: for whoever must know later who did what. */
export function logDeed(log: Log, { operation, machine, caller, details, error }: Deed): void {
  const { user, src, dest } = details;
  const told = { operation, machine: machine.name, uid: caller.uid, pid: caller.pid, user, src, dest };
  if (error === undefined) log.notice('done in a machine', told);
  else if (error instanceof MachineError) log.notice('not done in a machine', { ...told, reason: error.message });
  else log.err('failed in a machine', { ...told, error: describeError(error) });
}

/** The same of images. */
export function logImageDeed(log: Log, { caller, details, error }: ImageDeed): void {
  const { verb: operation, image, new_name: newName } = details;
  const told = { operation, image, newName, uid: caller.uid, pid: caller.pid };
  if (error === undefined) log.notice('done with an image', told);
  else if (error instanceof MachineError) log.notice('not done with an image', { ...told, reason: error.message });
  else log.err('failed with an image', { ...told, error: describeError(error) });
}
