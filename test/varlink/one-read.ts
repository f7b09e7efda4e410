import { type Implementation, type Transport, type TransportEvents, VarlinkServer } from '../../src/varlink/index.ts';

/** What a server said to bytes that came in one read: its replies, and whether it ended the connection. */
export interface Said {
  readonly replies: string;
  readonly ended: boolean;
}

/** A server of one interface, whose handlers answer at once, without sockets. */
export class OneReadServer {
  #accept: (transport: Transport) => void = () => {};

  constructor(implementation: Implementation) {
    const server = new VarlinkServer({ vendor: '', product: '', version: '', url: '' }).add(implementation);
    server.serve({
      start: (accept) => {
        this.#accept = accept;
      },
      close() {},
    });
  }

  connect(): OneReadConnection {
    const connection = new OneReadConnection();
    this.#accept(connection.transport);
    return connection;
  }

  /** What is said to the first bytes of a connection, which ends then. */
  ask(bytes: Buffer): Said {
    const connection = this.connect();
    const said = connection.read(bytes);
    connection.close();
    return said;
  }
}

/** A connection to which bytes come as they are given. */
export class OneReadConnection {
  #events: TransportEvents | undefined;
  #replies = '';
  #ended = false;
  readonly transport: Transport;

  constructor() {
    const end = (): void => {
      this.#ended = true;
    };
    const send = (bytes: Uint8Array): boolean => {
      this.#replies += Buffer.from(bytes).toString('latin1');
      return true;
    };
    this.transport = {
      peer: { uid: 1000, gid: 1000, pid: 1, openPidfd: () => -1 },
      start: (events) => {
        this.#events = events;
      },
      send,
      sendReused: send,
      pause() {},
      resume() {},
      end,
      destroy: end,
    };
  }

  read(bytes: Buffer): Said {
    this.#replies = '';
    this.#events?.data(bytes);
    return { replies: this.#replies, ended: this.#ended };
  }

  close(): void {
    this.#events?.closed();
  }
}

/** An interface with its shortcut and without. */
export class BothWays {
  readonly #short: OneReadServer;
  readonly #full: OneReadServer;

  constructor(implementation: Implementation) {
    const { shortcut: _, ...plain } = implementation;
    this.#short = new OneReadServer(implementation);
    this.#full = new OneReadServer(plain);
  }

  ask(bytes: Buffer): { readonly short: Said; readonly full: Said } {
    return { short: this.#short.ask(bytes), full: this.#full.ask(bytes) };
  }
}
