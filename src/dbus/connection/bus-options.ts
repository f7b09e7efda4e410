import type { BusAddress } from './address.ts';
import type { InternalErrorHandler } from './call-server.ts';
import type { Signal } from './match.ts';
import type { Connect } from './transport.ts';

/** How to reach a bus, and what to do when something goes wrong. */
export interface BusOptions {
  /** Tried in their order. */
  readonly addresses: readonly BusAddress[];
  readonly connect: Connect;
  /** Milliseconds for everything up to the answer to Hello; default 10,000. */
  readonly connectTimeout?: number;
  /** Bytes of the arguments of a call, or of a signal, that are taken; default 64 KiB. Longer calls are refused. */
  readonly maximumCall?: number;
  /** Bytes that are kept for a bus that does not read; default 64 MiB. With more of them the connection ends. */
  readonly maximumOutput?: number;
  /** Milliseconds within which the bus must have read all that it was sent, or the connection ends; default 30,000. */
  readonly outputTimeout?: number;
  /**
   * Told what a handler threw that is no {@link DBusError}; gives what the caller is answered. By default that is
   * org.freedesktop.DBus.Error.Failed without a reason.
   */
  readonly onInternalError?: InternalErrorHandler;
  /** Told of each message for how many milliseconds nothing else could be done. */
  readonly onTurn?: (message: MessageTitle, milliseconds: number) => void;
  /** Told what the listener of a signal threw; by default it becomes an uncaught exception. */
  readonly onListenerError?: (error: unknown, signal: Signal) => void;
}

/** A method call that is to go out. */
export interface CallRequest {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
  /** Milliseconds; default 25,000, as everywhere on D-Bus. */
  readonly timeout?: number;
  /** Whoever is called may ask the user for a password. */
  readonly interactive?: boolean;
  /** Descriptors in the reply are for the caller to close; without this they are closed before the reply is given. */
  readonly acceptDescriptors?: boolean;
}

/** Flags of {@link Bus.requestName}. */
export const ALLOW_REPLACEMENT = 0x1;
export const REPLACE_EXISTING = 0x2;
export const DO_NOT_QUEUE = 0x4;

/** What came of asking for a name. `exists`: somebody else has it, and we do not wait for it. */
export type NameReply = 'owner' | 'queued' | 'exists' | 'already-owner';

/** What a message is, as in `org.freedesktop.DBus` and `NameAcquired`; a reply has neither. */
export interface MessageTitle {
  readonly interface?: string | undefined;
  readonly member?: string | undefined;
}
