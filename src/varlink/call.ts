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
