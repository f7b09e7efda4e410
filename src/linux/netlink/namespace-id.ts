import { Attributes } from './attributes.ts';
import { MessageWriter, NLM_F_ACK, NLM_F_REQUEST } from './message.ts';
import { NetlinkError, NetlinkFormatError } from './netlink-error.ts';
import type { RouteSocket } from './route-socket.ts';

/**
 * The id that the network namespace of a process has in ours, given to it now if it had none. Needs CAP_NET_ADMIN.
 *
 * An id lasts until the namespace is gone (RTM_DELNSID), and may then be another's. Ours can have one in itself.
 * The PID is not checked: hold a pidfd and see that the process lives before and after.
 * Throws a NetlinkError: ESRCH for no such process, EPERM without the privilege.
 */
export function namespaceIdOf(socket: RouteSocket, pid: number): number {
  const known = knownNamespaceId(socket, pid);
  if (known !== undefined) return known;
  try {
    socket.request(
      message(RTM_NEWNSID, NLM_F_REQUEST | NLM_F_ACK)
        .number(NETNSA_PID, pid)
        .number(NETNSA_NSID, ANY),
      `RTM_NEWNSID of process ${pid}`,
    );
  } catch (error) {
    // Another program was quicker.
    if (!(error instanceof NetlinkError && error.code === 'EEXIST')) throw error;
  }
  const assigned = knownNamespaceId(socket, pid);
  if (assigned === undefined) throw new NetlinkFormatError(`process ${pid}: RTM_GETNSID knows no id after RTM_NEWNSID`);
  return assigned;
}

/** The id of a message RTM_NEWNSID or RTM_DELNSID. */
export function decodeNamespaceId(body: DataView): number | undefined {
  const attributes = new Attributes(body, BODY);
  while (attributes.next()) {
    if (attributes.type === NETNSA_NSID) {
      const id = attributes.i32();
      return id < 0 ? undefined : id;
    }
  }
  return undefined;
}

function knownNamespaceId(socket: RouteSocket, pid: number): number | undefined {
  let id: number | undefined;
  const name = `RTM_GETNSID of process ${pid}`;
  socket.ask([{ writer: message(RTM_GETNSID, NLM_F_REQUEST).number(NETNSA_PID, pid), name }], (answer) => {
    if (answer instanceof NetlinkError) throw answer;
    if (answer.type === RTM_NEWNSID) id = decodeNamespaceId(answer.body);
  });
  return id;
}

function message(type: number, flags: number): MessageWriter {
  return new MessageWriter(type, flags).zeros(BODY);
}

const RTM_NEWNSID = 88;
/** Message type, linux/rtnetlink.h. */
export const RTM_DELNSID = 89;
const RTM_GETNSID = 90;
const NETNSA_NSID = 1;
const NETNSA_PID = 2;
// NETNSA_NSID_NOT_ASSIGNED: let the kernel choose.
const ANY = -1;
// struct rtgenmsg, padded
const BODY = 4;
