import { MachineError, type MachineErrorCode, SystemFailure } from '../../machine/errors.ts';
import { errorsOf, invalidParameter, permissionDenied, VarlinkError } from '../../varlink/index.ts';
import { description } from './io.systemd.Machine.ts';

const fail = errorsOf(description);

/** An error number of the system, as sd-varlink puts it: the error `io.systemd.System`. */
export function systemError(errno: number, errnoName: string): VarlinkError {
  return new VarlinkError('io.systemd.System', { origin: 'linux', errno, errnoName });
}

const wireErrors: Readonly<Record<MachineErrorCode, (error: MachineError) => VarlinkError>> = {
  'no-such-machine': () => fail('NoSuchMachine'),
  // Taken is the name, for which there is an error, or else the leader or the unit, for which there is only a number.
  'machine-exists': ({ parameter }) => (parameter === undefined ? fail('MachineExists') : systemError(17, 'EEXIST')),
  'no-private-networking': () => fail('NoPrivateNetworking'),
  'no-os-release-information': () => fail('NoOSReleaseInformation'),
  'no-uid-shift': () => fail('NoUIDShift'),
  'not-available': () => fail('NotAvailable'),
  'not-supported': () => fail('NotSupported'),
  'no-such-user': () => fail('NoSuchUser'),
  'no-such-group': () => fail('NoSuchGroup'),
  'user-in-host-range': () => fail('UserInHostRange'),
  'group-in-host-range': () => fail('GroupInHostRange'),
  'permission-denied': () => permissionDenied(),
  'interactive-authentication-required': () => new VarlinkError('io.systemd.InteractiveAuthenticationRequired'),
  'limits-exceeded': () => systemError(105, 'ENOBUFS'),
  'timed-out': () => systemError(110, 'ETIMEDOUT'),
  'unit-failed': () => systemError(5, 'EIO'),
  'no-such-process': ({ parameter }) =>
    parameter === undefined ? systemError(3, 'ESRCH') : invalidParameter(parameter),
  'no-ipc': () => fail('NoIPC'),
  // Those of io.systemd.MachineImage, which has a table of its own.
  'no-such-image': () => systemError(2, 'ENOENT'),
  // An error of io.systemd.MachineImage's, which systemd 262 answers under a name that this description does not have.
  'too-many-operations': () => new VarlinkError('io.systemd.Machine.TooManyOperations'),
  'system-failure': (error) =>
    error instanceof SystemFailure ? systemError(error.errno, error.errnoName) : systemError(5, 'EIO'),
  'invalid-parameter': ({ parameter }) => invalidParameter(parameter ?? ''),
};

/** What a caller sees of an error of the domain. Anything else is a fault of ours, and thrown on. */
export function wireError(error: unknown): VarlinkError {
  if (error instanceof MachineError) return wireErrors[error.code](error);
  throw error;
}
