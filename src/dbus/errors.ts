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
