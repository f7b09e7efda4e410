/** A running service to measure. */
export interface Target {
  readonly name: string;
  readonly version: string;
  /** None when it is a program that is run for each question. */
  readonly pid?: number;
  /** The directory its sockets are below: `machine/io.systemd.Machine`, `userdb/io.systemd.Machine`. */
  readonly runtimeDirectory: string;
  /** Where it is on a bus. */
  readonly bus: BusService;
}

/** A name on a bus. */
export interface BusService {
  /** The path at which the bus listens. */
  readonly socket: string;
  readonly name: string;
}

/** Where a service takes registrations. */
export function machineSocket({ runtimeDirectory }: Target): string {
  return `${runtimeDirectory}/machine/io.systemd.Machine`;
}
