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
  return new CallingPeer(call, peer.uid, peer.gid, allowInteractiveAuthentication === true);
}

class CallingPeer implements Caller {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  readonly interactive: boolean;
  readonly #call: Call;

  constructor(call: Call, uid: number, gid: number, interactive: boolean) {
    this.uid = uid;
    this.gid = gid;
    this.pid = call.peer.pid ?? 0;
    this.interactive = interactive;
    this.#call = call;
  }

  openPidfd(): number {
    return this.#call.peer.openPidfd();
  }

  get left(): AbortSignal {
    return this.#call.signal;
  }
}

/** The parameter by which a caller tells of itself. */
export interface CallerParameters {
  readonly allowInteractiveAuthentication?: boolean | null | undefined;
}
