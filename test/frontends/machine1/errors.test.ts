import { expect, it } from 'vitest';
import { DBusError } from '../../../src/dbus/errors.ts';
import { wireError } from '../../../src/frontends/machine1/errors.ts';
import { MachineError, type MachineErrorCode, SystemFailure } from '../../../src/machine/errors.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

/** Each error of the domain and how sd-bus names what systemd-machined 262 says in its place. */
const expected: Record<MachineErrorCode, string> = {
  'no-such-machine': 'org.freedesktop.machine1.NoSuchMachine',
  'machine-exists': 'org.freedesktop.machine1.MachineExists',
  'no-private-networking': 'org.freedesktop.machine1.NoPrivateNetworking',
  'no-os-release-information': 'org.freedesktop.DBus.Error.FileNotFound',
  'no-uid-shift': 'org.freedesktop.DBus.Error.NotSupported',
  'not-available': 'org.freedesktop.DBus.Error.NotSupported',
  'not-supported': 'org.freedesktop.DBus.Error.NotSupported',
  'no-such-user': 'org.freedesktop.machine1.NoSuchUserMapping',
  'no-such-group': 'org.freedesktop.machine1.NoSuchGroupMapping',
  'user-in-host-range': 'org.freedesktop.machine1.NoSuchUserMapping',
  'group-in-host-range': 'org.freedesktop.machine1.NoSuchGroupMapping',
  'permission-denied': 'org.freedesktop.DBus.Error.AccessDenied',
  'interactive-authentication-required': 'org.freedesktop.DBus.Error.InteractiveAuthorizationRequired',
  'limits-exceeded': 'org.freedesktop.DBus.Error.LimitsExceeded',
  'timed-out': 'org.freedesktop.DBus.Error.Timeout',
  'unit-failed': 'org.freedesktop.DBus.Error.Failed',
  'no-such-process': 'org.freedesktop.DBus.Error.UnixProcessIdUnknown',
  'no-ipc': 'org.freedesktop.DBus.Error.FileNotFound',
  'no-such-image': 'org.freedesktop.machine1.NoSuchImage',
  'too-many-operations': 'org.freedesktop.DBus.Error.LimitsExceeded',
  'system-failure': 'org.freedesktop.DBus.Error.Failed',
  'invalid-parameter': 'org.freedesktop.DBus.Error.InvalidArgs',
};

it.each(Object.entries(expected))('%s is %s', (code, name) => {
  const told = wireError(new MachineError(code as MachineErrorCode, 'as the domain says it'), {
    name: 'web',
    id: 70000,
  });
  expect(told.errorName).toBe(name);
  expect(told.message).not.toMatch(/undefined|\bat \//);
});

it('says what the service manager said', () => {
  const cause = new DBusError('org.freedesktop.systemd1.UnitExists', 'Unit machine-web.scope already exists.');
  const failed = new MachineError('unit-failed', 'no unit', undefined, { cause });
  const taken = new MachineError('machine-exists', 'unit taken', 'unit', { cause });
  const asked = new SystemFailure(17, 'EEXIST', cause.message, { cause });
  for (const error of [failed, taken, asked]) {
    const told = wireError(error, { name: 'web' });
    expect([told.errorName, told.message]).toEqual([cause.errorName, cause.message]);
  }
});

it('says of whom a shell was to be that there is no such user, and not that an id has no place', () => {
  const shell = new MachineError('no-such-user', 'there is no such user in web', 'user');
  expect(wireError(shell, { name: 'web' }).message).toBe('there is no such user in web');
  expect(wireError(new MachineError('no-such-user', 'x'), { id: 70000 }).message).toContain('user mapping');
});

it('says that a leader or unit is taken, that a leader is not there, and whose it is', () => {
  const leader = { pid: 4711, pidfdId: 99 };
  const told = (code: MachineErrorCode, parameter: string) => {
    const { errorName, message } = wireError(new MachineError(code, 'x', parameter), { name: 'web', leader });
    return `${errorName.split('.').at(-1)}: ${message}`;
  };
  expect(told('machine-exists', 'leader')).toBe('FileExists: File exists');
  expect(told('machine-exists', 'unit')).toBe('FileExists: File exists');
  expect(told('no-such-process', 'leader')).toBe(
    'UnixProcessIdUnknown: Failed to pin process 4711 by PIDFDID 99: No such process',
  );
  expect(told('permission-denied', 'leader')).toBe(
    'AccessDenied: Only privileged users may register machines for other users',
  );
  expect(told('invalid-parameter', 'leader')).toBe('InvalidArgs: Invalid leader PID');
});

it('says of a container that does not answer that it does not', () => {
  const machine = sampleMachine('web');
  const error = new MachineError('not-available', 'web does not answer');
  expect(wireError(error, { machine, onlyContainers: 'only containers' }).message).toBe('web does not answer');
  const vm = sampleMachine('guest', { class: 'vm' });
  expect(wireError(error, { machine: vm, onlyContainers: 'only containers' }).message).toBe('only containers');
});

it('names a failure of the system as sd-bus does', () => {
  // As a lab's systemd-machined answered for an os-release that is no text.
  for (const [errno, name, told] of [
    [74, 'EBADMSG', 'org.freedesktop.DBus.Error.InconsistentMessage'],
    [22, 'EINVAL', 'org.freedesktop.DBus.Error.InvalidArgs'],
    [28, 'ENOSPC', 'System.Error.ENOSPC'],
  ] as const) {
    expect(wireError(new SystemFailure(errno, name, 'x'), {}).errorName).toBe(told);
  }
});

it('throws on what is no error of the domain', () => {
  const fault = new TypeError('a fault of ours');
  expect(() => wireError(fault, {})).toThrow(fault);
});
