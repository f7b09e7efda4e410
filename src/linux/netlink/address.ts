import { Attributes, LITTLE_ENDIAN } from './attributes.ts';
import { type Message, MessageWriter, NLM_F_DUMP, NLM_F_REQUEST } from './message.ts';
import { NetlinkFormatError } from './netlink-error.ts';
import type { Dump, RouteSocket } from './route-socket.ts';

/** An address as the kernel has it (struct ifaddrmsg, rtnetlink(7)). */
export interface InterfaceAddress {
  readonly family: Family;
  /** The interface's own address, not the peer's where there is one. Network order. */
  readonly bytes: Uint8Array;
  readonly prefixLength: number;
  readonly interfaceIndex: number;
  readonly scope: number;
  /** IFA_F_*, all 32 bits. */
  readonly flags: number;
}

export const AF_INET = 2;
export const AF_INET6 = 10;
const AF_UNSPEC = 0;
type Family = typeof AF_INET | typeof AF_INET6;
/** Duplicate address detection has not ended. */
export const IFA_F_TENTATIVE = 0x40;
/** The preferred lifetime is over. */
export const IFA_F_DEPRECATED = 0x20;

/**
 * The addresses of one family in the network namespace with this id, in the kernel's order. Needs Linux 5.0 and
 * CAP_NET_ADMIN over that namespace. Throws a NetlinkError, EINVAL when no namespace has the id.
 */
export function dumpAddresses(
  socket: RouteSocket,
  namespace: number,
  family: Family,
  limit: number,
): Dump<InterfaceAddress> {
  return dump(socket, namespace, family, limit);
}

/**
 * The addresses of both families, IPv4 first, at most `limit` of each: asked for at once, and once more one family
 * after the other where there are more, so that one cannot crowd out the other. Throws as {@link dumpAddresses}.
 */
export function dumpAllAddresses(socket: RouteSocket, namespace: number, limit: number): readonly InterfaceAddress[] {
  // The kernel goes through the families by their numbers (rtnl_dump_all).
  const all = dump(socket, namespace, AF_UNSPEC, limit);
  // With fewer it is incomplete because something changed under each attempt, as it would be of one family.
  if (all.complete || all.items.length < limit) return all.items;
  return ([AF_INET, AF_INET6] as const).flatMap((family) => dump(socket, namespace, family, limit).items);
}

function dump(
  socket: RouteSocket,
  namespace: number,
  family: Family | typeof AF_UNSPEC,
  limit: number,
): Dump<InterfaceAddress> {
  const writer = new MessageWriter(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP).u8(family).zeros(BODY - 1);
  writer.number(IFA_TARGET_NETNSID, namespace);
  return socket.dump(writer, `RTM_GETADDR of network namespace ${namespace}`, limit, (message) =>
    decodeAddress(message, family, namespace),
  );
}

/** Exported for the tests of malformed messages. Undefined: not an address of that family, or of neither. */
export function decodeAddress(
  { type, body }: Message,
  wanted: Family | typeof AF_UNSPEC,
  namespace: number,
): InterfaceAddress | undefined {
  const attributes = new Attributes(body, BODY);
  const family = body.getUint8(0);
  // A kernel without IPv6 answers with all families.
  if (type !== RTM_NEWADDR || (wanted !== AF_UNSPEC && family !== wanted) || !isFamily(family)) return undefined;
  let local: Uint8Array | undefined;
  let address: Uint8Array | undefined;
  let flags = body.getUint8(2);
  let target: number | undefined;
  while (attributes.next()) {
    if (attributes.type === IFA_LOCAL) local = attributes.bytes();
    else if (attributes.type === IFA_ADDRESS) address = attributes.bytes();
    else if (attributes.type === IFA_FLAGS) flags = attributes.u32();
    else if (attributes.type === IFA_TARGET_NETNSID) target = attributes.i32();
  }
  // A kernel that does not know the attribute would answer with our own addresses.
  if (target !== namespace) throw new NetlinkFormatError(`address of network namespace ${target}, not ${namespace}`);
  // On a point-to-point link IFA_ADDRESS is the other end's; for IPv6 IFA_LOCAL is there only then.
  const bytes = local ?? address;
  if (bytes?.length !== (family === AF_INET ? 4 : 16)) {
    throw new NetlinkFormatError(`address of family ${family} with ${bytes?.length ?? 'no'} bytes`);
  }
  return {
    family,
    bytes,
    prefixLength: body.getUint8(1),
    interfaceIndex: body.getUint32(4, LITTLE_ENDIAN),
    scope: body.getUint8(3),
    flags,
  };
}

/** Message types, linux/rtnetlink.h. */
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
const IFA_TARGET_NETNSID = 10;
// struct ifaddrmsg: family, prefix length, flags, scope, index
const BODY = 8;

function isFamily(family: number): family is Family {
  return family === AF_INET || family === AF_INET6;
}
