import {
  DBusError,
  ERROR_ACCESS_DENIED,
  ERROR_FAILED,
  ERROR_INVALID_ARGS,
  ERROR_LIMITS_EXCEEDED,
  ERROR_NOT_SUPPORTED,
} from '../../dbus/errors.ts';
import { MachineError, type MachineErrorCode, SystemFailure } from '../../machine/errors.ts';
import type { Machine } from '../../machine/machine.ts';
import type { ProcessClaim } from '../../machine/operations.ts';

/** What a call is about, for the texts of its errors. */
export interface Subject {
  /** Of a machine, there or not. */
  readonly name?: string;
  readonly machine?: Machine;
  /** A user or group of the host. */
  readonly id?: number;
  /** The process that is to lead a machine, where it is not the caller. */
  readonly leader?: ProcessClaim;
  /** What is said of a VM, and of whatever else is no container. */
  readonly onlyContainers?: string;
}

const standard = 'org.freedesktop.DBus.Error';
const service = 'org.freedesktop.machine1';
type Told = readonly [name: string, text: string];

/** Names, and texts where clients print them, are those of systemd-machined 262. */
const told: Readonly<Record<MachineErrorCode, (error: MachineError, subject: Subject) => Told>> = {
  'no-such-machine': (_, { name }) => [`${service}.NoSuchMachine`, `No machine '${name}' known`],
  'machine-exists': ({ parameter, cause }, { name }) => {
    if (parameter === undefined) return [`${service}.MachineExists`, `Machine '${name}' already exists`];
    // Of a unit that is there already the service manager has told.
    return cause instanceof DBusError ? [cause.errorName, cause.message] : [`${standard}.FileExists`, 'File exists'];
  },
  'no-private-networking': (_, { name }) => [
    `${service}.NoPrivateNetworking`,
    `Machine ${name} does not use private networking`,
  ],
  'no-os-release-information': () => [
    `${standard}.FileNotFound`,
    'Failed to get OS release: No such file or directory',
  ],
  'no-uid-shift': (_, { name }) => [
    ERROR_NOT_SUPPORTED,
    `Machine ${name} uses a complex UID/GID mapping, cannot determine shift`,
  ],
  'not-available': unsuited,
  'not-supported': unsuited,
  // Of whom a shell was to be, or, with systemd-machined's words, of whose id was asked.
  'no-such-user': ({ parameter, message }, subject) => [
    `${service}.NoSuchUserMapping`,
    parameter === 'user' ? message : noMapping('user', subject),
  ],
  'no-such-group': (_, subject) => [groupMapping(subject), noMapping('group', subject)],
  'user-in-host-range': (_, { id }) => [`${service}.NoSuchUserMapping`, `User ${id} belongs to host UID range`],
  'group-in-host-range': (_, { id }) => [`${service}.NoSuchGroupMapping`, `Group ${id} belongs to host GID range`],
  'permission-denied': ({ parameter, message }) => [ERROR_ACCESS_DENIED, refusal(parameter, message)],
  'interactive-authentication-required': () => [
    `${standard}.InteractiveAuthorizationRequired`,
    'Access denied as the requested operation requires interactive authentication. ' +
      'However, interactive authentication has not been enabled by the calling program.',
  ],
  'limits-exceeded': ({ message }) => [ERROR_LIMITS_EXCEEDED, message],
  'timed-out': ({ message }) => [`${standard}.Timeout`, message],
  'unit-failed': ({ cause, message }) =>
    cause instanceof DBusError ? [cause.errorName, cause.message] : [ERROR_FAILED, message],
  'no-such-process': ({ parameter }, { leader }) => [
    `${standard}.UnixProcessIdUnknown`,
    parameter === undefined || leader === undefined ? 'No such process' : cannotPin(leader),
  ],
  'no-ipc': ({ message }) => [`${standard}.FileNotFound`, message],
  'no-such-image': ({ message }) => [`${service}.NoSuchImage`, message],
  'too-many-operations': ({ message }) => [ERROR_LIMITS_EXCEEDED, message],
  'system-failure': (error) => {
    // Of another service that was asked inside a machine, whose own words are passed on.
    if (error.cause instanceof DBusError) return [error.cause.errorName, error.message];
    return [error instanceof SystemFailure ? systemErrorName(error.errnoName) : ERROR_FAILED, error.message];
  },
  'invalid-parameter': ({ parameter, message }) =>
    parameter === 'leader' ? [ERROR_INVALID_ARGS, 'Invalid leader PID'] : [ERROR_INVALID_ARGS, message],
};

/**
 * What a caller sees of an error of the domain. Anything else is its answer already or a fault of ours, and thrown on.
 */
export function wireError(error: unknown, subject: Subject): DBusError {
  if (!(error instanceof MachineError)) throw error;
  const [name, text] = told[error.code](error, { name: subject.machine?.name ?? '', ...subject });
  return new DBusError(name, text);
}

/**
 * Reads a parameter; the caller is told of its fault in these words, or in the rule's.
 * @throws DBusError InvalidArgs
 */
export function worded<T>(text: string | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MachineError && error.code === 'invalid-parameter') {
      throw invalidArguments(text ?? error.message);
    }
    throw error;
  }
}

export function invalidArguments(text: string): DBusError {
  return new DBusError(ERROR_INVALID_ARGS, text);
}

export function notSupported(text: string): DBusError {
  return new DBusError(ERROR_NOT_SUPPORTED, text);
}

/** A file, a setting or an address that there is none of. */
export function notFound(): DBusError {
  return new DBusError(`${standard}.FileNotFound`, 'No such file or directory');
}

function refusal(parameter: string | undefined, message: string): string {
  if (parameter === 'leader') return 'Only privileged users may register machines for other users';
  return parameter === 'machine' ? message : 'Permission denied';
}

function unsuited({ code, message }: MachineError, { machine, onlyContainers }: Subject): Told {
  const text =
    onlyContainers !== undefined && machine?.class === 'vm'
      ? onlyContainers
      : code === 'not-available'
        ? message
        : 'Operation not supported';
  return [ERROR_NOT_SUPPORTED, text];
}

/** What sd-bus calls an error number of the system. */
function systemErrorName(errnoName: string): string {
  return namesOfErrors.get(errnoName) ?? `System.Error.${errnoName}`;
}

const namesOfErrors: ReadonlyMap<string, string> = new Map([
  ['EACCES', ERROR_ACCESS_DENIED],
  ['EPERM', ERROR_ACCESS_DENIED],
  ['EINVAL', ERROR_INVALID_ARGS],
  ['ENOENT', `${standard}.FileNotFound`],
  ['EEXIST', `${standard}.FileExists`],
  ['ENOMEM', `${standard}.NoMemory`],
  ['EBADMSG', `${standard}.InconsistentMessage`],
  ['EIO', `${standard}.IOError`],
  ['ESRCH', `${standard}.UnixProcessIdUnknown`],
  ['EADDRNOTAVAIL', `${standard}.BadAddress`],
  ['ETIMEDOUT', `${standard}.Timeout`],
  ['EOPNOTSUPP', ERROR_NOT_SUPPORTED],
]);

function cannotPin({ pid, pidfdId }: ProcessClaim): string {
  return `Failed to pin process ${pid}${pidfdId === undefined ? '' : ` by PIDFDID ${pidfdId}`}: No such process`;
}

function noMapping(what: 'user' | 'group', { id, machine }: Subject): string {
  return machine === undefined
    ? `No matching ${what} mapping for ${id}.`
    : `Machine '${machine.name}' has no matching ${what} mappings.`;
}

/** A group inside a machine that has none is told with the name for users (systemd 262). */
function groupMapping({ machine }: Subject): string {
  return machine === undefined ? `${service}.NoSuchGroupMapping` : `${service}.NoSuchUserMapping`;
}
