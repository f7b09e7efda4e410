import { closeSync } from 'node:fs';
import type { MethodCall } from '../../dbus/call.ts';
import { MachineError } from '../../machine/errors.ts';
import type { Caller, WaitingCaller } from '../../machine/operations.ts';

/**
 * Does something for whoever makes a call, by the bus's word. The one pidfd that the bus gives can be taken once; when
 * nobody has taken it, it is closed afterwards.
 * @throws DBusError when the caller has left the bus
 */
export async function asCaller<T>(call: MethodCall, act: (caller: Caller) => T | Promise<T>): Promise<T> {
  const { uid, gid = unknownGid, pid = 0, pidfd } = await call.credentials();
  let unclaimed = pidfd;
  const openPidfd = (): number => {
    if (pidfd === undefined) throw new NoPidfd('the bus gives no pidfds');
    if (unclaimed === undefined) throw new Error('there is only one pidfd of the caller');
    const taken = unclaimed;
    unclaimed = undefined;
    return taken;
  };
  const caller: Caller = {
    uid,
    gid,
    pid,
    openPidfd,
    interactive: call.interactive,
    busName: call.sender,
    // The bus is only listened to when somebody wants to know.
    get left() {
      return call.left;
    },
  };
  try {
    return await act(caller);
  } finally {
    if (unclaimed !== undefined) closeSync(unclaimed);
  }
}

/**
 * Whoever makes a call, as far as those need to know who have it wait. The bus is asked once for each connection.
 * @throws DBusError when the caller has left the bus
 */
export async function asWaiting(call: MethodCall): Promise<WaitingCaller> {
  const uid = call.knownUid ?? (await asCaller(call, (caller) => caller.uid));
  return {
    uid,
    get left() {
      return call.left;
    },
  };
}

/**
 * The number of the process of whoever makes a call.
 * @throws MachineError `invalid-parameter` where it has none here
 */
export function callerPid({ pid }: Caller): number {
  if (pid === 0)
    throw new MachineError('invalid-parameter', 'the caller is in a PID namespace that is not ours', 'pid');
  return pid;
}

/** As a socket says it that has no pidfd of its peer (SO_PEERPIDFD, before Linux 6.5). */
class NoPidfd extends Error {
  readonly code = 'ENOPROTOOPT';
}

/** (gid_t) -1, which no group has. */
const unknownGid = 0xffff_ffff;
