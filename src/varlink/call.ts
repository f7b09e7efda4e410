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
  /**
   * Sends the last reply at once, for a handler that has more to do which the caller need not wait for. The next call is
   * taken when the handler has ended as any other; what it gives is then dropped, and what it throws is told to
   * `onInternalError` alone. Without effect in a call that is over. Throws a TypeError when there is no JSON for it.
   */
  answer(reply: object): void;
  /**
   * Sends a descriptor with the next reply, by SCM_RIGHTS (unix(7)); an error takes none along. It is the call's from now
   * on, which closes it when it is sent or never will be. Gives its index among those of that reply, for the reply to
   * name. Throws a TypeError, and closes it, where the transport passes none, and a RangeError for one more than 253.
   */
  pass(descriptor: number): number;
  /**
   * The descriptor of this index among those that the caller sent along, which is the handler's to close from now on.
   * Undefined when there is none, when it was taken already, and after the call. Those that nobody takes are closed when
   * the call ends. None come in without `ServerOptions.maximumDescriptors`.
   */
  take(index: number): number | undefined;
  /** Aborted when the connection ends while the call is under way. Made when it is asked for first. */
  readonly signal: AbortSignal;
}
