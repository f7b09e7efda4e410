import { closeSync } from 'node:fs';
import { AF_INET, AF_INET6, type InternetAddress, socketAddress } from './internet-address.ts';
import { check, declare } from './libc.ts';
import {
  bindSocket,
  openSocket,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  setSocketOption,
} from './socket.ts';

/**
 * A non-blocking UDP socket at an address, which need not be there yet: a bridge's comes when its first machine does
 * (IP_FREEBIND). At the address of all (0.0.0.0, ::) each datagram comes with the address that it was sent to.
 * @param shown the address in the words of whoever asked for it, for errors
 * @throws SystemError EADDRINUSE, EACCES (a port below 1024), EAFNOSUPPORT (a kernel without IPv6)
 */
export function openUdp(address: InternetAddress, shown: string): number {
  return open(address, SOCK_DGRAM, shown, (fd, level) => {
    // A burst waits while something else has its turn; without the privilege there is room for some 280 datagrams.
    const size = Uint32Array.of(RECEIVE_BUFFER);
    if (setSocketOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) < 0) set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
    if (address.bytes.some((byte) => byte !== 0)) return;
    if (level === SOL_IP) set(fd, SOL_IP, IP_PKTINFO, 1);
    else set(fd, SOL_IPV6, IPV6_RECVPKTINFO, 1);
  });
}

/** A non-blocking TCP socket that listens at an address, which need not be there yet. Throws as `openUdp`. */
export function listenTcp(address: InternetAddress, shown: string): number {
  const fd = open(address, SOCK_STREAM, shown, (fd) => {
    // What is left of the connections of a daemon that was here before is no obstacle.
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  });
  try {
    check(listen(fd, BACKLOG), 'listen', shown);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function open(
  address: InternetAddress,
  kind: number,
  shown: string,
  configure: (fd: number, level: number) => void,
): number {
  const ipv4 = address.bytes.length === 4;
  const fd = check(openSocket(ipv4 ? AF_INET : AF_INET6, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), 'socket', shown);
  try {
    if (ipv4) set(fd, SOL_IP, IP_FREEBIND, 1);
    else {
      set(fd, SOL_IPV6, IPV6_V6ONLY, 1);
      set(fd, SOL_IPV6, IPV6_FREEBIND, 1);
    }
    configure(fd, ipv4 ? SOL_IP : SOL_IPV6);
    const name = socketAddress(address);
    check(bindSocket(fd, name, name.length), 'bind', shown);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function set(fd: number, level: number, option: number, value: number): void {
  check(setSocketOption(fd, level, option, Uint32Array.of(value), 4), 'setsockopt', `${level} ${option}`);
}

/** ip(7), ipv6(7), linux/in.h, linux/in6.h */
export const SOL_IP = 0;
export const SOL_IPV6 = 41;
export const IP_PKTINFO = 8;
const IPV6_RECVPKTINFO = 49;
const IP_FREEBIND = 15;
const IPV6_FREEBIND = 78;
const IPV6_V6ONLY = 26;
const SO_REUSEADDR = 2;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
/** Bytes, of which a small datagram takes 768. */
const RECEIVE_BUFFER = 2 * 1024 * 1024;
const BACKLOG = 128;

const listen = declare('int listen(int fd, int backlog)');
