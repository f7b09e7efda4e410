import { readdirSync, readFileSync } from 'node:fs';
import { EPOLLIN, type EventLoop, type Watch } from '../event-loop.ts';
import { SystemError } from '../libc.ts';
import { Attributes, LITTLE_ENDIAN } from './attributes.ts';
import { RTM_DELLINK, RTM_NEWLINK } from './link.ts';
import { type Message, parseMessages } from './message.ts';
import { NetlinkFormatError } from './netlink-error.ts';
import { NetlinkSocket } from './netlink-socket.ts';

/**
 * Which interfaces of our network namespace are in a bridge, a bond or the like, kept current by what the kernel tells.
 * Needs no privilege.
 */
export class BridgePorts {
  readonly #socket = new NetlinkSocket({ groups: GROUP_LINK });
  readonly #watch: Watch;
  readonly #onChange: () => void;
  #bridges = new Map<number, number>();

  /** @param onChange told after each change */
  constructor(loop: EventLoop, onChange: () => void) {
    this.#onChange = onChange;
    try {
      this.#watch = loop.watch(this.#socket.fd, EPOLLIN, () => this.#read(), 'netlink');
      // Only now, so that no change is missed in between.
      this.#bridges = readAll();
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  /** The index of what an interface is in. */
  bridgeOf(index: number): number | undefined {
    return this.#bridges.get(index);
  }

  close(): void {
    this.#watch.stop();
    this.#socket.close();
  }

  #read(): void {
    try {
      const datagram = this.#socket.receive();
      if (datagram === undefined || datagram.port !== 0) return;
      if (datagram.truncated) throw new NetlinkFormatError('a notification that was cut off');
      for (const message of parseMessages(datagram.bytes)) this.#apply(message);
    } catch (error) {
      // ENOBUFS: notifications were lost.
      if (!(error instanceof SystemError || error instanceof NetlinkFormatError)) throw error;
      this.#bridges = readAll();
    }
    this.#onChange();
  }

  #apply({ type, body }: Message): void {
    if (type !== RTM_NEWLINK && type !== RTM_DELLINK) return;
    const attributes = new Attributes(body, BODY);
    const index = body.getInt32(4, LITTLE_ENDIAN);
    let bridge: number | undefined;
    if (type === RTM_NEWLINK) while (attributes.next()) if (attributes.type === IFLA_MASTER) bridge = attributes.u32();
    if (bridge !== undefined) this.#bridges.set(index, bridge);
    // What a bridge tells of itself (AF_BRIDGE) says nothing of what it is in.
    else if (type === RTM_DELLINK || body.getUint8(0) === 0) this.#bridges.delete(index);
  }
}

function readAll(): Map<number, number> {
  const found = new Map<number, number>();
  for (const name of readdirSync(DIRECTORY)) {
    const [port, bridge] = [indexAt(`${name}/ifindex`), indexAt(`${name}/master/ifindex`)];
    if (port !== undefined && bridge !== undefined) found.set(port, bridge);
  }
  return found;
}

/** Undefined where there is none: an interface may go at any moment. */
function indexAt(path: string): number | undefined {
  try {
    return Number(readFileSync(`${DIRECTORY}/${path}`, 'utf8'));
  } catch {
    return undefined;
  }
}

const DIRECTORY = '/sys/class/net';
/** RTNLGRP_LINK, linux/rtnetlink.h. */
const GROUP_LINK = 1;
const IFLA_MASTER = 10;
// struct ifinfomsg
const BODY = 16;
