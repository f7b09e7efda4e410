/**
 * Everything that can be wrong with a request, once, for all front ends. Each front end has one total table from
 * these to its wire names.
 */
export type MachineErrorCode =
  | 'no-such-machine'
  | 'machine-exists'
  | 'no-private-networking'
  | 'no-os-release-information'
  | 'no-uid-shift'
  | 'not-available'
  | 'not-supported'
  | 'no-such-user'
  | 'no-such-group'
  | 'user-in-host-range'
  | 'group-in-host-range'
  | 'permission-denied'
  /** Permitted to who gives a password, and the caller did not say that it would. */
  | 'interactive-authentication-required'
  /** Too much is asked for at once. */
  | 'limits-exceeded'
  | 'timed-out'
  /** The service manager did not make the machine's unit. `cause` is its own error, where it gave one. */
  | 'unit-failed'
  | 'no-such-process'
  /** Nothing inside the machine can be asked to do it. */
  | 'no-ipc'
  | 'no-such-image'
  /** As many long operations are under way as there may be. */
  | 'too-many-operations'
  /** The system did not do it: {@link SystemFailure}. */
  | 'system-failure'
  | 'invalid-parameter';

/** A request that cannot be granted, for reasons that its sender may know. */
export class MachineError extends Error {
  readonly code: MachineErrorCode;
  /**
   * For `invalid-parameter`, and where a parameter is what it is about, `no-such-process` and `permission-denied`:
   * which one, by the name that the rule was given for it (registration-rules.ts), else in the domain's words (`name`,
   * `leader`, `pid`, `uid`, `gid`). For `machine-exists`: what is taken when it is not the name, `leader` or `unit` (to
   * which systemd 262 answers EEXIST).
   */
  readonly parameter?: string;

  constructor(code: MachineErrorCode, message: string, parameter?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MachineError';
    this.code = code;
    if (parameter !== undefined) this.parameter = parameter;
  }
}

/** A request that the system did not grant, for a reason that its sender may know, as that there is no such file. */
export class SystemFailure extends MachineError {
  /** Positive, as errno(3) has it. */
  readonly errno: number;
  /** Its name, as in `ENOENT`. */
  readonly errnoName: string;

  constructor(errno: number, errnoName: string, message: string, options?: ErrorOptions) {
    super('system-failure', message, undefined, options);
    this.name = 'SystemFailure';
    this.errno = errno;
    this.errnoName = errnoName;
  }
}
