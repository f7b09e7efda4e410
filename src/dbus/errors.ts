/** An error as it goes over the bus: a name that programs know and a text for people. */
export class DBusError extends Error {
  /** As in `org.freedesktop.DBus.Error.UnknownMethod`. */
  readonly errorName: string;

  constructor(errorName: string, message: string) {
    super(message);
    this.name = 'DBusError';
    this.errorName = errorName;
  }
}

/** What came from the bus is not the protocol, or goes beyond its limits. The connection ends with it. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** The bus does not let us in. */
export class AuthenticationError extends Error {
  override readonly name = 'AuthenticationError';
}

/** Somebody else has the name. */
export class NameTakenError extends Error {
  override readonly name = 'NameTakenError';
  /** The process that has it, where the bus tells. */
  readonly pid: number | undefined;

  constructor(message: string, pid: number | undefined) {
    super(message);
    this.pid = pid;
  }
}

/** Errors of the D-Bus Specification and of the bus, which programs know by these names. */
export const ERROR_FAILED = 'org.freedesktop.DBus.Error.Failed';
export const ERROR_INVALID_ARGS = 'org.freedesktop.DBus.Error.InvalidArgs';
export const ERROR_LIMITS_EXCEEDED = 'org.freedesktop.DBus.Error.LimitsExceeded';
export const ERROR_ACCESS_DENIED = 'org.freedesktop.DBus.Error.AccessDenied';
export const ERROR_NOT_SUPPORTED = 'org.freedesktop.DBus.Error.NotSupported';
export const ERROR_UNKNOWN_OBJECT = 'org.freedesktop.DBus.Error.UnknownObject';
export const ERROR_UNKNOWN_INTERFACE = 'org.freedesktop.DBus.Error.UnknownInterface';
export const ERROR_UNKNOWN_METHOD = 'org.freedesktop.DBus.Error.UnknownMethod';
export const ERROR_UNKNOWN_PROPERTY = 'org.freedesktop.DBus.Error.UnknownProperty';
export const ERROR_PROPERTY_READ_ONLY = 'org.freedesktop.DBus.Error.PropertyReadOnly';
export const ERROR_INVALID_SIGNATURE = 'org.freedesktop.DBus.Error.InvalidSignature';
/** Nobody answered in time. */
export const ERROR_NO_REPLY = 'org.freedesktop.DBus.Error.NoReply';
export const ERROR_TIMEOUT = 'org.freedesktop.DBus.Error.Timeout';
/** The connection to the bus is over. */
export const ERROR_DISCONNECTED = 'org.freedesktop.DBus.Error.Disconnected';
/** Nobody has the name, and nobody can be started who would. */
export const ERROR_SERVICE_UNKNOWN = 'org.freedesktop.DBus.Error.ServiceUnknown';
export const ERROR_NAME_HAS_NO_OWNER = 'org.freedesktop.DBus.Error.NameHasNoOwner';
