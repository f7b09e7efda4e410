import type { Peer } from './transport.ts';

/** What a handler knows of the call besides its parameters. */
export interface Call {
  /** The full name, as in `org.varlink.service.GetInfo`. */
  readonly method: string;
  /** The caller takes several replies: the handler may give a generator. */
  readonly more: boolean;
  /** The caller takes no reply: whatever the handler gives is dropped. */
  readonly oneway: boolean;
  readonly peer: Peer;
  /** Aborted when the connection ends while the call is under way. Made when it is asked for first. */
  readonly signal: AbortSignal;
}

/** @private The call that a connection has under way; it lives as long as the call. */
export class RunningCall implements Call {
  readonly method: string;
  readonly more: boolean;
  readonly oneway: boolean;
  readonly peer: Peer;
  #controller: AbortController | undefined;
  #aborted = false;

  constructor(method: string, more: boolean, oneway: boolean, peer: Peer) {
    this.method = method;
    this.more = more;
    this.oneway = oneway;
    this.peer = peer;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
  }
}
