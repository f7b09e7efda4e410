/** The process at the other end of a connection, as far as the transport can tell. */
export interface Peer {
  /** Effective ids at the time of connect(2), from SO_PEERCRED; undefined where the transport has none. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** 0 when the peer is in a PID namespace that cannot be seen from here. */
  readonly pid: number | undefined;
  /**
   * A new pidfd of the peer (SO_PEERPIDFD, Linux 6.5), which the caller closes.
   * Throws when the kernel or the transport has none.
   */
  openPidfd(): number;
}

/** Descriptors that came with bytes (SCM_RIGHTS, unix(7)). They belong to whoever is given them, who closes them. */
export interface ArrivedDescriptors {
  /** In the order in which they were sent. */
  readonly numbers: readonly number[];
  /** More were sent, which this process had no room for. */
  readonly truncated: boolean;
}

/** What a transport tells its user. */
export interface TransportEvents {
  /**
   * Bytes came in. The array is valid only during the call: copy what must stay.
   * @param descriptors that came with them, after `takeDescriptors`
   */
  data(chunk: Uint8Array, descriptors?: ArrivedDescriptors): void;
  /** Everything handed to `send` has gone out after `send` had returned false. */
  drain(): void;
  /**
   * The peer has shut down its sending side, and may still read: a transport that calls this leaves the end of the
   * connection to its user, one that does not calls `closed` after what was sent is out. `unwatched`: the transport
   * cannot tell whether the peer is still there, and will not tell when it goes.
   */
  ended(unwatched?: boolean): void;
  /** The connection is over, whichever side ended it; called once, nothing follows. */
  closed(error?: Error): void;
}

/**
 * One connected byte stream: all that the protocol needs of the system below it.
 * `node:net` provides one (net-transport.ts); a faster one can come from elsewhere.
 */
export interface Transport {
  readonly peer: Peer;
  /** Starts delivery; called once, before anything else. */
  start(events: TransportEvents): void;
  /**
   * Sends bytes, which the transport may keep until they are out: do not change them afterwards.
   * False: the kernel took only a part; `drain` follows, and nothing is read from the peer until then.
   * @param descriptors go with the first byte, 253 at most, where the transport has `takeDescriptors`. They are the
   * transport's from now on, which closes them when they are sent or never will be.
   */
  send(bytes: Uint8Array, descriptors?: readonly number[]): boolean;
  /**
   * The same for bytes that may be changed afterwards: what is not out yet is copied. Without this method the user makes
   * a copy of everything.
   */
  sendReused?(bytes: Uint8Array): boolean;
  /**
   * From now on descriptors that the peer sends come with `data`; before, they are dropped. A transport without this
   * method passes none, in neither direction.
   */
  takeDescriptors?(): void;
  /** Stops and restarts the delivery of data. */
  pause(): void;
  resume(): void;
  /** Ends the connection after what was sent is out. */
  end(): void;
  /** Ends the connection at once. */
  destroy(): void;
}

/** Something that accepts connections. */
export interface Listener {
  /** Called for every accepted connection, before anything is read from it. */
  start(accept: (transport: Transport) => void): void;
  close(): void;
}
