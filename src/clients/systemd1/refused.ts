import { DBusError, ERROR_DISCONNECTED, ERROR_NO_REPLY, ERROR_TIMEOUT } from '../../dbus/errors.ts';
import { MachineError, SystemFailure } from '../../machine/errors.ts';
import type { Machine } from '../../machine/machine.ts';

/**
 * What a caller is told of the error of a machine's service manager: its own name and text over D-Bus, and over Varlink
 * the number that sd-bus has for the name. Both come out of the machine, so that they are cut short.
 */
export function refused({ name }: Machine, error: unknown): unknown {
  if (!(error instanceof DBusError)) return error;
  const { errorName } = error;
  if (errorName === ERROR_NO_REPLY || errorName === ERROR_TIMEOUT) {
    const text = `the service manager of ${name} did not answer in time`;
    return new MachineError('timed-out', text, undefined, { cause: error });
  }
  if (errorName === ERROR_DISCONNECTED) {
    return new MachineError('no-ipc', `The system bus in container ${name} ended the connection.`);
  }
  const text = error.message.slice(0, MAXIMUM_TEXT);
  const cause = new DBusError(errorName, text);
  const [errno, errnoName] = numbers.get(errorName) ?? [5, 'EIO'];
  return new SystemFailure(errno, errnoName, text, { cause });
}

/** Characters. */
const MAXIMUM_TEXT = 500;

const standard = 'org.freedesktop.DBus.Error';
const manager = 'org.freedesktop.systemd1';

/** Those that starting a unit can bring, as sd-bus of systemd 262 maps them; UnitMasked was asked of systemd-machined. */
const numbers: ReadonlyMap<string, readonly [number, string]> = new Map([
  [`${standard}.AccessDenied`, [13, 'EACCES']],
  [`${standard}.InteractiveAuthorizationRequired`, [13, 'EACCES']],
  [`${standard}.InvalidArgs`, [22, 'EINVAL']],
  [`${standard}.LimitsExceeded`, [105, 'ENOBUFS']],
  [`${standard}.NoMemory`, [12, 'ENOMEM']],
  [`${standard}.ServiceUnknown`, [113, 'EHOSTUNREACH']],
  [`${standard}.NameHasNoOwner`, [6, 'ENXIO']],
  [`${manager}.NoSuchUnit`, [2, 'ENOENT']],
  [`${manager}.UnitExists`, [17, 'EEXIST']],
  [`${manager}.UnitMasked`, [132, 'ERFKILL']],
  [`${manager}.BadUnitSetting`, [8, 'ENOEXEC']],
  [`${manager}.LoadFailed`, [5, 'EIO']],
  [`${manager}.JobTypeNotApplicable`, [53, 'EBADR']],
  [`${manager}.TransactionIsDestructive`, [35, 'EDEADLK']],
  [`${manager}.ShuttingDown`, [125, 'ECANCELED']],
]);
