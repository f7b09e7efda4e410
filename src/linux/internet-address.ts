/** An end of a UDP or TCP socket. */
export interface InternetAddress {
  /** 4 or 16, in network order. */
  readonly bytes: Uint8Array;
  readonly port: number;
  /** Index of the interface that a link-local IPv6 address is on; 0 for none. */
  readonly scope: number;
}

export const AF_INET = 2;
export const AF_INET6 = 10;

/** sizeof(struct sockaddr_in6), the larger of the two. */
export const SOCKET_ADDRESS_SIZE = 28;

/** `struct sockaddr_in` or `struct sockaddr_in6` (ip(7), ipv6(7)). */
export function socketAddress({ bytes, port, scope }: InternetAddress): Uint8Array {
  const view = new DataView(new ArrayBuffer(bytes.length === 4 ? 16 : SOCKET_ADDRESS_SIZE));
  const address = new Uint8Array(view.buffer);
  new Uint16Array(view.buffer, 0, 1)[0] = bytes.length === 4 ? AF_INET : AF_INET6;
  view.setUint16(2, port);
  address.set(bytes, bytes.length === 4 ? 4 : 8);
  if (bytes.length === 16) new Uint32Array(view.buffer, 24, 1)[0] = scope;
  return address;
}

/** The address in a socket address of one of the two families; IPv4 in IPv6 (RFC 4291 2.5.5.2) is IPv4. */
export function addressBytes(socketAddress: DataView): Uint8Array {
  const { buffer, byteOffset } = socketAddress;
  const family = new Uint16Array(buffer, byteOffset, 1)[0];
  if (family === AF_INET) return new Uint8Array(buffer, byteOffset + 4, 4).slice();
  const bytes = new Uint8Array(buffer, byteOffset + 8, 16);
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? bytes.slice(12) : bytes.slice();
}
