/** Descriptors that a program is to have for its standard input, output and error output. What is absent is /dev/null. */
export interface StandardDescriptors {
  readonly input?: number;
  readonly output?: number;
  readonly error?: number;
}

/** A property of a unit: its name, its D-Bus type, its value (org.freedesktop.systemd1(5)). */
export type UnitProperty = readonly [name: string, value: { readonly signature: string; readonly value: unknown }];

/** A program that is to run as a service of its own, for as long as it runs. */
export interface TransientService {
  /** As in `mymachines-shell-1.service`; one that there is none of. */
  readonly unit: string;
  /** What it is, for people. */
  readonly description: string;
  /** The program's absolute path, which is its argv[0], too, and its arguments, taken as they are. */
  readonly command: readonly [string, ...string[]];
  /** Called when it is about to be started, and perhaps not at all. All that it gives is the taker's to close. */
  readonly openDescriptors: () => StandardDescriptors;
  /** Added to, and able to replace, those that every service has: see {@link TransientServices}. */
  readonly properties?: readonly UnitProperty[];
  /** Milliseconds that its start may take; 30 s unless given. */
  readonly patience?: number;
}

/**
 * Has the host's systemd run programs: they do not depend on this process, nor are they bound by what it is bound by.
 * A unit is forgotten when it has ended, also when it has failed.
 */
export interface TransientServices {
  /**
   * Starts one. It runs when this is fulfilled (`Type=exec`); with the property `Type` set to `oneshot` it has ended
   * by then, well.
   * @returns false when there is no systemd to ask, for now or at all: nothing has been started
   * @throws MachineError `unit-failed` where systemd refuses (`cause`: its error), where the program could not be
   * started, and where a `oneshot` did not end well; `timed-out`: then it is killed, as far as that can be asked for;
   * what `openDescriptors` throws
   */
  start(service: TransientService): Promise<boolean>;
  /** Ends it with all of its processes, by SIGKILL. False when it is gone, or systemd cannot be asked. */
  kill(unit: string): Promise<boolean>;
  /**
   * Names of the units that are there, of those whose names begin so, whoever has started them; none when there is no
   * systemd to ask.
   * @throws MachineError `timed-out`, `unit-failed`
   */
  list(prefix: string): Promise<readonly string[]>;
}
