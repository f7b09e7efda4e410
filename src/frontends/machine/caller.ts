import { MachineError } from '../../machine/errors.ts';
import type { Caller } from '../../machine/operations.ts';
import type { Call } from '../../varlink/index.ts';

/**
 * Who makes a call, by the kernel's word.
 * @throws MachineError `permission-denied` when the transport cannot tell: then nobody may do anything
 */
export function callerOf(call: Call, { allowInteractiveAuthentication }: CallerParameters): Caller {
  const { peer } = call;
  if (peer.uid === undefined || peer.gid === undefined) {
    throw new MachineError('permission-denied', 'the transport does not say who the caller is');
  }
  return {
    uid: peer.uid,
    gid: peer.gid,
    pid: peer.pid ?? 0,
    openPidfd: () => peer.openPidfd(),
    interactive: allowInteractiveAuthentication === true,
    get left() {
      return call.signal;
    },
  };
}

/** The parameter by which a caller tells of itself. */
export interface CallerParameters {
  readonly allowInteractiveAuthentication?: boolean | null | undefined;
}
