import { dumpPorts, getLink, type Link } from '../../linux/netlink/link.ts';
import type { RouteSocket } from '../../linux/netlink/route-socket.ts';

/** Where the guest of a VM is, seen from an interface of the host that the VM was registered with. */
export interface GuestPlace {
  /** The name of the registered interface. */
  readonly name: string;
  /** The interface whose neighbours the guest is among, and its name: the bridge, or the registered one itself. */
  readonly deviceIndex: number;
  readonly deviceName: string;
  /** The bridge's port that the guest is behind. Absent: no bridge, all that is on the device is the guest's. */
  readonly portIndex?: number;
}

/**
 * Where a registered interface leads. Undefined: it is not there, or others than one guest are behind it, as behind a
 * network card, or a bridge with several ports.
 * @throws NetlinkError
 */
export function guestPlace(socket: RouteSocket, index: number): GuestPlace | undefined {
  const link = getLink(socket, undefined, index);
  if (link?.kind === 'bridge') {
    const ports = dumpPorts(socket, index, 2);
    const [port] = ports.items;
    if (ports.items.length !== 1 || port === undefined || !leadsToGuest(port)) return undefined;
    return { name: link.name, deviceIndex: index, deviceName: link.name, portIndex: port.index };
  }
  if (link === undefined || !leadsToGuest(link)) return undefined;
  const master = link.masterIndex === undefined ? undefined : getLink(socket, undefined, link.masterIndex);
  if (master?.kind === 'bridge') {
    return { name: link.name, deviceIndex: master.index, deviceName: master.name, portIndex: index };
  }
  return { name: link.name, deviceIndex: index, deviceName: link.name };
}

/** Whether only one machine can be on the other side of an interface. */
function leadsToGuest({ kind = '' }: Link): boolean {
  return GUEST_KINDS.has(kind);
}

// ip-link(8); a tap device is of kind tun.
const GUEST_KINDS = new Set(['tun', 'veth', 'netkit']);
