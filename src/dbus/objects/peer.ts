import type { MethodCall, Reply } from '../call.ts';
import { DBusError, ERROR_UNKNOWN_METHOD } from '../errors.ts';

/**
 * The interface that every path has, whether or not there is an object (D-Bus Specification, "Standard Interfaces").
 */
export const peerInterface = 'org.freedesktop.DBus.Peer';

/**
 * Answers a call of Peer. Arguments are not looked at, as in sd-bus.
 * @param machineId of this machine (machine-id(5)): 32 hexadecimal digits; undefined where it has none
 */
export function answerPeer(call: MethodCall, machineId: string | undefined): Reply {
  if (call.member === 'Ping') return { signature: '', body: [] };
  if (call.member === 'GetMachineId') {
    if (machineId === undefined) throw new DBusError('System.Error.ENOENT', 'This machine has no id.');
    return { signature: 's', body: [machineId] };
  }
  const text = `Unknown method '${call.member}' on interface '${call.interface}'.`;
  throw new DBusError(ERROR_UNKNOWN_METHOD, text);
}
