/** An address that a DHCP server of this host gave to a client. */
export interface DhcpLease {
  /** 4 bytes, as the server says: any. */
  readonly address: Uint8Array;
  /** The client's link-layer address as it is in a DHCP packet: 16 bytes, zeros behind it (RFC 2131 2, chaddr). */
  readonly hardwareAddress: Uint8Array;
  /** Milliseconds since 1970. Absent: it does not end. */
  readonly expiresAt?: number;
}

/** A DHCP server of this host that is asked for its leases, where it has them in no file. */
export interface DhcpServer {
  /** The leases of an interface are wanted from now on. Several may want them, each of whom ends it. */
  follow(interfaceIndex: number): void;
  unfollow(interfaceIndex: number): void;
  /** What it has given out on an interface that somebody follows, as far as that is known now. Never waits. */
  leases(interfaceIndex: number): readonly DhcpLease[];
  /** Calls a listener when leases may be others. The result ends that. */
  onChanged(listener: () => void): () => void;
}
