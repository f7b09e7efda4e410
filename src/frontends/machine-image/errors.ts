import { MachineError, type MachineErrorCode, SystemFailure } from '../../machine/errors.ts';
import { errorsOf, invalidParameter, permissionDenied, VarlinkError } from '../../varlink/index.ts';
import { description } from './io.systemd.MachineImage.ts';

const fail = errorsOf(description);

/** An error number of the system, as sd-varlink puts it: the error `io.systemd.System`. */
function systemError(errno: number, errnoName: string): VarlinkError {
  return new VarlinkError('io.systemd.System', { origin: 'linux', errno, errnoName });
}

/** What is never said of images. */
const ofMachines = (): VarlinkError => systemError(5, 'EIO');

const wireErrors: Readonly<Record<MachineErrorCode, (error: MachineError) => VarlinkError>> = {
  'no-such-image': () => fail('NoSuchImage'),
  'too-many-operations': () => fail('TooManyOperations'),
  'not-supported': () => fail('NotSupported'),
  'permission-denied': () => permissionDenied(),
  'interactive-authentication-required': () => new VarlinkError('io.systemd.InteractiveAuthenticationRequired'),
  'limits-exceeded': () => systemError(105, 'ENOBUFS'),
  'timed-out': () => systemError(110, 'ETIMEDOUT'),
  'system-failure': (error) =>
    error instanceof SystemFailure ? systemError(error.errno, error.errnoName) : systemError(5, 'EIO'),
  'invalid-parameter': ({ parameter }) => invalidParameter(parameter ?? ''),
  'no-such-machine': ofMachines,
  'machine-exists': ofMachines,
  'no-private-networking': ofMachines,
  'no-os-release-information': ofMachines,
  'no-uid-shift': ofMachines,
  'not-available': ofMachines,
  'no-such-user': ofMachines,
  'no-such-group': ofMachines,
  'user-in-host-range': ofMachines,
  'group-in-host-range': ofMachines,
  'unit-failed': ofMachines,
  'no-such-process': ofMachines,
  'no-ipc': ofMachines,
};

/** What a caller sees of an error of the domain. Anything else is a fault of ours, and thrown on. */
export function wireError(error: unknown): VarlinkError {
  if (error instanceof MachineError) return wireErrors[error.code](error);
  throw error;
}
