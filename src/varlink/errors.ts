/**
 * An error of a Varlink interface: what a handler throws or returns for the caller to see, and what a client's call is
 * rejected with. One object may be used for any number of replies.
 */
export class VarlinkError extends Error {
  override readonly name = 'VarlinkError';
  /** The full name, as in `org.varlink.service.InvalidParameter`. */
  readonly error: string;
  readonly parameters: Readonly<Record<string, unknown>>;

  constructor(error: string, parameters: Readonly<Record<string, unknown>> = {}) {
    const text = JSON.stringify(parameters);
    super(text === '{}' ? error : `${error} ${text}`);
    this.error = error;
    this.parameters = parameters;
  }
}

/** The peer broke the rules of the protocol; the connection is closed. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** The connection ended, or was never there; `cause` has the system's error where there is one. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** org.varlink.service.MethodNotFound: sd-varlink 262 gives it for unknown interfaces and malformed names too. */
export function methodNotFound(method: string): VarlinkError {
  return new VarlinkError('org.varlink.service.MethodNotFound', { method });
}

/** org.varlink.service.MethodNotImplemented, for a method that the interface has and the service has not. */
export function methodNotImplemented(method: string): VarlinkError {
  return new VarlinkError('org.varlink.service.MethodNotImplemented', { method });
}

/** org.varlink.service.InterfaceNotFound. */
export function interfaceNotFound(name: string): VarlinkError {
  return new VarlinkError('org.varlink.service.InterfaceNotFound', { interface: name });
}

/** org.varlink.service.InvalidParameter; `parameter` is its name, or its path such as `pid.pidfdId`. */
export function invalidParameter(parameter: string): VarlinkError {
  return new VarlinkError('org.varlink.service.InvalidParameter', { parameter });
}

/** org.varlink.service.PermissionDenied. */
export function permissionDenied(): VarlinkError {
  return new VarlinkError('org.varlink.service.PermissionDenied');
}

/** org.varlink.service.ExpectedMore: the method may give several replies, the caller did not ask for `more`. */
export function expectedMore(): VarlinkError {
  return new VarlinkError('org.varlink.service.ExpectedMore');
}
