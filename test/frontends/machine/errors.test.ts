import { expect, it } from 'vitest';
import { wireError } from '../../../src/frontends/machine/errors.ts';
import { MachineError, type MachineErrorCode } from '../../../src/machine/errors.ts';

/** Each error of the domain and what systemd-machined 262 says in its place. */
const expected: Record<MachineErrorCode, [string, object?]> = {
  'no-such-machine': ['io.systemd.Machine.NoSuchMachine'],
  'machine-exists': ['io.systemd.Machine.MachineExists'],
  'no-private-networking': ['io.systemd.Machine.NoPrivateNetworking'],
  'no-os-release-information': ['io.systemd.Machine.NoOSReleaseInformation'],
  'no-uid-shift': ['io.systemd.Machine.NoUIDShift'],
  'not-available': ['io.systemd.Machine.NotAvailable'],
  'not-supported': ['io.systemd.Machine.NotSupported'],
  'no-such-user': ['io.systemd.Machine.NoSuchUser'],
  'no-such-group': ['io.systemd.Machine.NoSuchGroup'],
  'user-in-host-range': ['io.systemd.Machine.UserInHostRange'],
  'group-in-host-range': ['io.systemd.Machine.GroupInHostRange'],
  'permission-denied': ['org.varlink.service.PermissionDenied'],
  'interactive-authentication-required': ['io.systemd.InteractiveAuthenticationRequired'],
  'limits-exceeded': ['io.systemd.System', { origin: 'linux', errno: 105, errnoName: 'ENOBUFS' }],
  'timed-out': ['io.systemd.System', { origin: 'linux', errno: 110, errnoName: 'ETIMEDOUT' }],
  'unit-failed': ['io.systemd.System', { origin: 'linux', errno: 5, errnoName: 'EIO' }],
  'no-such-process': ['io.systemd.System', { origin: 'linux', errno: 3, errnoName: 'ESRCH' }],
  'no-ipc': ['io.systemd.Machine.NoIPC'],
  'no-such-image': ['io.systemd.System', { origin: 'linux', errno: 2, errnoName: 'ENOENT' }],
  'too-many-operations': ['io.systemd.Machine.TooManyOperations', {}],
  'system-failure': ['io.systemd.System', { origin: 'linux', errno: 5, errnoName: 'EIO' }],
  'invalid-parameter': ['org.varlink.service.InvalidParameter', { parameter: 'pid' }],
};

it.each(Object.entries(expected))('%s is told as %j', (code, [error, parameters = {}]) => {
  const parameter = code === 'invalid-parameter' ? 'pid' : undefined;
  const told = wireError(new MachineError(code as MachineErrorCode, 'a message that is not told', parameter));
  expect({ error: told.error, parameters: told.parameters }).toEqual({ error, parameters });
});

it('a leader or unit that is taken has only a number', () => {
  const told = wireError(new MachineError('machine-exists', 'taken', 'leader'));
  expect(told.parameters).toEqual({ origin: 'linux', errno: 17, errnoName: 'EEXIST' });
});

it('what is no error of the domain is thrown on', () => {
  const fault = new TypeError('a fault of ours');
  expect(() => wireError(fault)).toThrow(fault);
});
