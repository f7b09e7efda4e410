import { closeSync } from 'node:fs';
import { check, errnoName, lastErrno, SystemError } from '../libc.ts';
import {
  bindSocket,
  connectSocket,
  MSG_TRUNC,
  openSocket,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
  sendBytes,
  setSocketOption,
} from '../socket.ts';
import { controlSize, receiveMessage, SocketMessage } from '../socket-message.ts';
import { LITTLE_ENDIAN } from './attributes.ts';

/** What a socket is to receive beside answers. */
export interface NetlinkSocketOptions {
  /** Multicast groups, bit 0 is group 1 (RTNLGRP_LINK …, rtnetlink(7)). */
  readonly groups?: number;
  /** Receive what happens in every namespace that has an id in this one, too. Needs CAP_NET_BROADCAST. */
  readonly allNamespaces?: boolean;
  /** Bytes of kernel memory for what was not received yet (SO_RCVBUFFORCE, which needs CAP_NET_ADMIN, or SO_RCVBUF). */
  readonly receiveBuffer?: number;
}

/** One datagram. The object and the bytes are used again for the next one. */
export interface Datagram {
  readonly bytes: DataView;
  /** The sender's port; the kernel's is 0. */
  readonly port: number;
  /** Id of the network namespace it is about. Undefined: the socket's own, or the option was not asked for. */
  readonly namespace: number | undefined;
  /** True when the end is missing because the datagram was larger than the buffer. */
  readonly truncated: boolean;
}

/** A non-blocking NETLINK_ROUTE socket: datagrams out and in, no more. */
export class NetlinkSocket {
  readonly fd: number;
  readonly #buffer: ArrayBuffer;
  // An id; others may come, and need room.
  readonly #message = new SocketMessage(controlSize(4) + 32, NAME_SIZE);

  /**
   * @param bufferSize of the largest datagram that can be received. The kernel cuts dumps at 32 KiB.
   * Throws a {@link SystemError}: EPERM without the privilege for what the options ask, ENOPROTOOPT on a kernel without
   * it.
   */
  constructor(options: NetlinkSocketOptions = {}, bufferSize: number = 64 * 1024) {
    this.#buffer = new ArrayBuffer(bufferSize);
    this.fd = check(openSocket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE), 'socket');
    try {
      this.#configure(options);
    } catch (error) {
      closeSync(this.fd);
      throw error;
    }
    this.#message.data = this.#buffer;
  }

  /** Sends to the kernel. A request is carried out inside this call: its answer can be received when it returns. */
  send(bytes: Uint8Array): void {
    check(sendBytes(this.fd, bytes, bytes.length, 0), 'send', 'to rtnetlink');
  }

  /**
   * The next datagram, or undefined when there is none now.
   * Throws a {@link SystemError}, ENOBUFS when notifications were lost: see NetlinkMonitor for what that takes.
   */
  receive(): Datagram | undefined {
    const message = this.#message;
    message.reset();
    const length: number = receiveMessage(this.fd, message.header, MSG_TRUNC);
    if (length < 0) {
      const errno = lastErrno();
      const code = errnoName(errno);
      if (code === 'EAGAIN') return undefined;
      if (code === 'EINTR') return this.receive();
      throw new SystemError(errno, 'recvmsg', 'from rtnetlink');
    }
    return {
      bytes: new DataView(this.#buffer, 0, Math.min(length, this.#buffer.byteLength)),
      port: message.name.getUint32(4, LITTLE_ENDIAN),
      namespace: message.controlNumbers(SOL_NETLINK, NETLINK_LISTEN_ALL_NSID)[0],
      truncated: length > this.#buffer.byteLength,
    };
  }

  close(): void {
    closeSync(this.fd);
  }

  #configure({ groups = 0, allNamespaces = false, receiveBuffer }: NetlinkSocketOptions): void {
    for (const option of [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK]) {
      this.#set(SOL_NETLINK, option, 1, 'of netlink');
    }
    if (receiveBuffer !== undefined) {
      const size = Uint32Array.of(receiveBuffer);
      if (setSocketOption(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) < 0) {
        this.#set(SOL_SOCKET, SO_RCVBUF, receiveBuffer, 'SO_RCVBUF');
      }
    }
    // Before the groups are joined, so that no namespace's messages are missing at first.
    if (allNamespaces) this.#set(SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1, 'NETLINK_LISTEN_ALL_NSID');
    const address = new DataView(new ArrayBuffer(NAME_SIZE));
    address.setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
    address.setUint32(8, groups, LITTLE_ENDIAN);
    check(bindSocket(this.fd, new Uint8Array(address.buffer), NAME_SIZE), 'bind', 'of rtnetlink');
    // Connected to port 0, the kernel's: unicast from any other process is refused.
    address.setUint32(8, 0, LITTLE_ENDIAN);
    check(connectSocket(this.fd, new Uint8Array(address.buffer), NAME_SIZE), 'connect', 'to rtnetlink');
  }

  #set(level: number, option: number, value: number, name: string): void {
    check(setSocketOption(this.fd, level, option, Uint32Array.of(value), 4), 'setsockopt', name);
  }
}

// struct sockaddr_nl: family, padding, port, groups
const NAME_SIZE = 12;

const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_LISTEN_ALL_NSID = 8;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
