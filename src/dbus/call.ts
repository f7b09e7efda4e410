/** Who a connection to the bus belongs to, by the bus's word (org.freedesktop.DBus.GetConnectionCredentials). */
export interface Credentials {
  readonly uid: number;
  /** The primary group, where the bus tells. */
  readonly gid: number | undefined;
  /** Undefined when the process is in a PID namespace that the bus cannot see. */
  readonly pid: number | undefined;
  /**
   * A pidfd of the process, which whoever asked closes; undefined for a bus that gives none (dbus-daemon before 1.16).
   */
  readonly pidfd: number | undefined;
}

/** A method call that came in, complete and of the types that its signature says. */
export interface MethodCall {
  /** The caller's unique name, as in `:1.42`, which the bus wrote. */
  readonly sender: string;
  readonly path: string;
  readonly interface: string | undefined;
  readonly member: string;
  readonly signature: string;
  /** One value for each complete type of the signature, as {@link ValueOf} says. */
  readonly body: readonly unknown[];
  /** The flag ALLOW_INTERACTIVE_AUTHORIZATION: the user may be asked for a password. */
  readonly interactive: boolean;
  /**
   * The user that the caller belongs to, once the bus has been asked about it; undefined before. A connection to a bus
   * never becomes another user's, and its name never another connection's.
   */
  readonly knownUid?: number | undefined;
  /**
   * Aborted when the caller leaves the bus while the call is worked on. The bus is only listened to for that, of this
   * caller, from when this is first asked for until the call is answered.
   */
  readonly left?: AbortSignal;
  /** Asks the bus who the caller is. @throws DBusError when it has left the bus */
  credentials(): Promise<Credentials>;
  /**
   * Takes a descriptor of the body over: whoever calls this closes it. Those that nobody has claimed when the method is
   * answered are closed then.
   * @throws RangeError for a number that did not come with this call, or was claimed before
   */
  claim(descriptor: number): void;
}

/** What answers method calls: at once or later. A {@link DBusError} that it throws is the answer. */
export type CallHandler = (call: MethodCall) => Reply | Promise<Reply>;

/** The body of a reply, encoded before it was asked for: kept by whoever answers the same thing often. */
export class PreparedBody {
  readonly signature: string;
  /** Little-endian, as it stands after the header. */
  readonly bytes: Uint8Array;

  constructor(signature: string, bytes: Uint8Array) {
    this.signature = signature;
    this.bytes = bytes;
  }
}

/** What a method answers: values as its signature says, or their encoding. */
export type Reply = { readonly signature: string; readonly body: readonly unknown[] } | PreparedBody;
