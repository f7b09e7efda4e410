/** Descriptors that came with bytes. They belong to whoever is given them. */
export interface PassedDescriptors {
  /** In the order in which they were sent. */
  readonly numbers: readonly number[];
  /** More were sent, but this process had no number left for them. */
  readonly truncated: boolean;
}

/** What a transport tells its user. */
export interface TransportEvents {
  /** Bytes came in. The array is valid only during the call: copy what must stay. */
  data(chunk: Uint8Array, descriptors?: PassedDescriptors): void;
  /** Everything handed to `send` has gone out after `send` had returned false. */
  drain(): void;
  /** The connection is over, whichever side ended it; called once, nothing follows. */
  closed(error?: Error): void;
}

/** One connected byte stream that passes descriptors: all that the protocol needs of the system below it. */
export interface Transport {
  /** Starts delivery; called once, before anything else. */
  start(events: TransportEvents): void;
  /**
   * Sends bytes, which the transport may keep until they are out: do not change them afterwards.
   * False: the kernel took only a part; `drain` follows, and nothing is read from the peer until then.
   * @param descriptors go with the first byte, up to 253, and are the transport's from now on: it closes them
   */
  send(bytes: Uint8Array, descriptors?: readonly number[]): boolean;
  /** Stops the delivery of data, until `resume`. That the connection is over is told all the same. */
  pause(): void;
  resume(): void;
  /** Ends the connection after what was sent is out. */
  end(): void;
  /** Ends the connection at once. */
  destroy(): void;
}

/** Where a bus listens: the path of a socket, or a name in Linux's abstract namespace. */
export type SocketAddress = { readonly path: string } | { readonly abstract: string };

/** Makes a transport to an address. Throws, or is rejected, when nobody is there. */
export type Connect = (address: SocketAddress) => Transport | Promise<Transport>;
