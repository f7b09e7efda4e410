import { Attributes, LITTLE_ENDIAN } from './attributes.ts';
import { type Message, MessageWriter, NLM_F_DUMP, NLM_F_REQUEST } from './message.ts';
import { NetlinkError, NetlinkFormatError } from './netlink-error.ts';
import type { Dump, RouteSocket } from './route-socket.ts';

/** A network interface (struct ifinfomsg, rtnetlink(7)). */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** IFF_*, netdevice(7). */
  readonly flags: number;
  /**
   * What kind of virtual interface it is, as ip-link(8) names it: `veth`, `macvlan`, `gre` … Absent: a real one, or
   * `lo`.
   */
  readonly kind?: string;
  /** Index of the other end of a veth pair, or of the device that a macvlan, VLAN, tunnel … is on. */
  readonly peerIndex?: number;
  /**
   * Id of the network namespace that `peerIndex` is in. Absent: the interface's own. In an answer the id is one
   * of the asking socket's namespace (and the kernel gives it one, even where it is that namespace itself); in a
   * notification it is one of the namespace the notification comes from.
   */
  readonly peerNamespace?: number;
  /** Index of the bridge (bond, VRF …) that it is a port of. */
  readonly masterIndex?: number;
}

/**
 * Interfaces in the network namespace with this id, or in our own, by their indices; undefined for one that is not
 * there. One by one, not all in a dump: for a dump the kernel looks at every interface of the asking namespace first
 * (rtnl_calcit), a thousand on a busy host, and an interface with some hundred alternative names does not fit in and
 * ends it. With an id it needs Linux 5.0 and CAP_NET_ADMIN over that namespace. Throws a NetlinkError, EINVAL when no
 * namespace has the id.
 * @param indices two at most: see `RouteSocket.ask`
 */
export function getLinks(
  socket: RouteSocket,
  namespace: number | undefined,
  indices: readonly number[],
): (Link | undefined)[] {
  const links: (Link | undefined)[] = [];
  socket.ask(
    indices.map((index) => ({
      writer: linkRequest(namespace, index),
      name: `RTM_GETLINK ${index} of network namespace ${namespace ?? 'ours'}`,
    })),
    (answer, at) => {
      links[at] = linkOf(answer, namespace);
    },
  );
  return links;
}

/** One of them. */
export function getLink(socket: RouteSocket, namespace: number | undefined, index: number): Link | undefined {
  return getLinks(socket, namespace, [index])[0];
}

function linkRequest(namespace: number | undefined, index: number): MessageWriter {
  const writer = new MessageWriter(RTM_GETLINK, NLM_F_REQUEST).zeros(4).u32(index).zeros(8);
  if (namespace !== undefined) writer.number(IFLA_TARGET_NETNSID, namespace);
  return writer.number(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

function linkOf(answer: Message | NetlinkError, namespace: number | undefined): Link | undefined {
  if (answer instanceof NetlinkError) {
    if (answer.code === 'ENODEV') return undefined;
    throw answer;
  }
  if (answer.type !== RTM_NEWLINK) return undefined;
  const { target, ...link } = decodeLink(answer.body);
  // A kernel that does not know the attribute would answer with our own interface.
  if (target !== namespace) throw new NetlinkFormatError(`interface of namespace ${target}, not ${namespace}`);
  return link;
}

/** The ports of a bridge in our own network namespace, not more than `limit`. Throws a NetlinkError. */
export function dumpPorts(socket: RouteSocket, bridgeIndex: number, limit: number): Dump<Link> {
  const writer = new MessageWriter(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP).zeros(BODY);
  writer.number(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS).number(IFLA_MASTER, bridgeIndex);
  return socket.dump(writer, `RTM_GETLINK of the ports of ${bridgeIndex}`, limit, ({ type, body }) => {
    const link = type === RTM_NEWLINK ? decodeLink(body) : undefined;
    return link?.masterIndex === bridgeIndex ? link : undefined;
  });
}

/** The interface of a message RTM_NEWLINK or RTM_DELLINK, and whose it is where the request named a namespace. */
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
    else if (attributes.type === IFLA_MASTER) link.masterIndex = attributes.u32();
    else if (attributes.type === IFLA_LINKINFO) Object.assign(link, kindOf(attributes.nested()));
    else if (attributes.type === IFLA_LINK_NETNSID) link.peerNamespace = attributes.i32();
    else if (attributes.type === IFLA_TARGET_NETNSID) link.target = attributes.i32();
  }
  return link;
}

function kindOf(info: Attributes): Pick<Link, 'kind'> {
  while (info.next()) if (info.type === IFLA_INFO_KIND) return { kind: info.string() };
  return {};
}

/** Message types, linux/rtnetlink.h. */
export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_EXT_MASK = 29;
const IFLA_LINK_NETNSID = 37;
const IFLA_TARGET_NETNSID = 46;
const RTEXT_FILTER_SKIP_STATS = 8;
// struct ifinfomsg: family, padding, type, index, flags, change
const BODY = 16;
