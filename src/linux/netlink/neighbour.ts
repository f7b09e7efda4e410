import { AF_INET, AF_INET6 } from './address.ts';
import { Attributes, LITTLE_ENDIAN } from './attributes.ts';
import { type Message, MessageWriter, NLM_F_DUMP, NLM_F_REQUEST } from './message.ts';
import { NetlinkFormatError } from './netlink-error.ts';
import type { Dump, RouteSocket } from './route-socket.ts';

/** An entry of a neighbour table (struct ndmsg, rtnetlink(7)): who has an address on a link, as the host learned it. */
export interface Neighbour {
  readonly family: typeof AF_INET | typeof AF_INET6;
  readonly interfaceIndex: number;
  /** Network order. */
  readonly bytes: Uint8Array;
  /** NUD_*, one of them. */
  readonly state: number;
  /** NTF_* */
  readonly flags: number;
  /** The link-layer address, where it is known. */
  readonly linkAddress?: Uint8Array;
}

/** An entry of a bridge's forwarding database, bridge(8): behind which port a link-layer address is. */
export interface ForwardingEntry {
  readonly portIndex: number;
  readonly bridgeIndex: number;
  readonly state: number;
  readonly linkAddress: Uint8Array;
}

/** States of an entry, linux/neighbour.h. */
export const neighbourStates = {
  incomplete: 0x01,
  reachable: 0x02,
  stale: 0x04,
  delay: 0x08,
  probe: 0x10,
  failed: 0x20,
  noArp: 0x40,
  permanent: 0x80,
} as const;

/** The host answers for somebody else on this link; nobody has the address there. */
export const NTF_PROXY = 0x08;

/**
 * The neighbours of one family on one interface of our own network namespace. Anybody may ask. Throws a NetlinkError,
 * ENODEV when there is no such interface.
 */
export function dumpNeighbours(
  socket: RouteSocket,
  family: Neighbour['family'],
  interfaceIndex: number,
  limit: number,
): Dump<Neighbour> {
  const writer = new MessageWriter(RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP).u8(family).zeros(BODY - 1);
  writer.number(NDA_IFINDEX, interfaceIndex);
  return socket.dump(writer, `RTM_GETNEIGH of interface ${interfaceIndex}`, limit, (message) => {
    const entry = decodeNeighbour(message);
    return entry !== undefined && 'family' in entry && entry.interfaceIndex === interfaceIndex ? entry : undefined;
  });
}

/** What a bridge has learned, or was told, to be behind one of its ports. Throws a NetlinkError. */
export function dumpForwarding(socket: RouteSocket, portIndex: number, limit: number): Dump<ForwardingEntry> {
  const writer = new MessageWriter(RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP).u8(AF_BRIDGE).zeros(3);
  writer.u32(portIndex).zeros(4);
  return socket.dump(writer, `RTM_GETNEIGH of bridge port ${portIndex}`, limit, (message) => {
    const entry = decodeNeighbour(message);
    return entry !== undefined && 'portIndex' in entry && entry.portIndex === portIndex ? entry : undefined;
  });
}

/**
 * The entry of a message RTM_NEWNEIGH or RTM_DELNEIGH. Undefined: of another family, without an address, or of the
 * database of a device rather than a bridge.
 */
export function decodeNeighbour({ type, body }: Message): Neighbour | ForwardingEntry | undefined {
  if (type !== RTM_NEWNEIGH && type !== RTM_DELNEIGH) return undefined;
  const attributes = new Attributes(body, BODY);
  const family = body.getUint8(0);
  if (family !== AF_INET && family !== AF_INET6 && family !== AF_BRIDGE) return undefined;
  let bytes: Uint8Array | undefined;
  let linkAddress: Uint8Array | undefined;
  let bridgeIndex: number | undefined;
  while (attributes.next()) {
    if (attributes.type === NDA_DST) bytes = attributes.bytes();
    else if (attributes.type === NDA_LLADDR) linkAddress = attributes.bytes();
    else if (attributes.type === NDA_MASTER) bridgeIndex = attributes.u32();
  }
  const interfaceIndex = body.getInt32(4, LITTLE_ENDIAN);
  const state = body.getUint16(8, LITTLE_ENDIAN);
  if (family === AF_BRIDGE) {
    if (linkAddress === undefined || bridgeIndex === undefined) return undefined;
    return { portIndex: interfaceIndex, bridgeIndex, state, linkAddress };
  }
  if (bytes === undefined) return undefined;
  if (bytes.length !== (family === AF_INET ? 4 : 16)) {
    throw new NetlinkFormatError(`neighbour of family ${family} with ${bytes.length} bytes`);
  }
  const flags = body.getUint8(10);
  return { family, interfaceIndex, bytes, state, flags, ...(linkAddress?.length ? { linkAddress } : {}) };
}

const AF_BRIDGE = 7;
/** Message types, linux/rtnetlink.h. */
export const RTM_NEWNEIGH = 28;
export const RTM_DELNEIGH = 29;
const RTM_GETNEIGH = 30;
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NDA_IFINDEX = 8;
const NDA_MASTER = 9;
// struct ndmsg: family, padding, index, state, flags, type
const BODY = 12;
