import { Attributes, LITTLE_ENDIAN } from './attributes.ts';
import { MessageWriter, NLM_F_DUMP, NLM_F_REQUEST } from './message.ts';
import { NetlinkFormatError } from './netlink-error.ts';
import type { Dump, RouteSocket } from './route-socket.ts';

/** A network interface (struct ifinfomsg, rtnetlink(7)). */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** IFF_*, netdevice(7). */
  readonly flags: number;
  /** Index of the other end of a veth pair, or of the device that a macvlan, VLAN … is on. */
  readonly peerIndex?: number;
  /**
   * Id of the network namespace that `peerIndex` is in. Absent: the interface's own. In a dump the id is one of the
   * asking socket's namespace (and the kernel gives it one, even where it is that namespace itself); in a
   * notification it is one of the namespace the notification comes from.
   */
  readonly peerNamespace?: number;
}

/**
 * The interfaces in the network namespace with this id, by index. Needs Linux 4.20 and CAP_NET_ADMIN over that
 * namespace. Throws a NetlinkError, EINVAL when no namespace has the id.
 */
export function dumpLinks(socket: RouteSocket, namespace: number, limit: number): Dump<Link> {
  const writer = new MessageWriter(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP).zeros(BODY);
  writer.number(IFLA_TARGET_NETNSID, namespace).number(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return socket.dump(writer, `RTM_GETLINK of network namespace ${namespace}`, limit, (message) => {
    if (message.type !== RTM_NEWLINK) return undefined;
    const { target, ...link } = decodeLink(message.body);
    // A kernel that does not know the attribute would answer with our own interfaces.
    if (target !== namespace)
      throw new NetlinkFormatError(`interface of network namespace ${target}, not ${namespace}`);
    return link;
  });
}

/** The interface of a message RTM_NEWLINK or RTM_DELLINK, and whose it is where a dump named a namespace. */
export function decodeLink(body: DataView): Link & { readonly target?: number } {
  const attributes = new Attributes(body, BODY);
  const link: { -readonly [K in keyof Link]: Link[K] } & { target?: number } = {
    index: body.getInt32(4, LITTLE_ENDIAN),
    name: '',
    flags: body.getUint32(8, LITTLE_ENDIAN),
  };
  while (attributes.next()) {
    if (attributes.type === IFLA_IFNAME) link.name = attributes.string();
    else if (attributes.type === IFLA_LINK) link.peerIndex = attributes.u32();
    else if (attributes.type === IFLA_LINK_NETNSID) link.peerNamespace = attributes.i32();
    else if (attributes.type === IFLA_TARGET_NETNSID) link.target = attributes.i32();
  }
  return link;
}

/** Message types, linux/rtnetlink.h. */
export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_EXT_MASK = 29;
const IFLA_LINK_NETNSID = 37;
const IFLA_TARGET_NETNSID = 46;
const RTEXT_FILTER_SKIP_STATS = 8;
// struct ifinfomsg: family, padding, type, index, flags, change
const BODY = 16;
