import { closeSync, openSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemdTerminalUnits } from '../../../src/clients/systemd1/terminal-units.ts';
import type { CallRequest } from '../../../src/dbus/connection/bus-options.ts';
import { DBusError } from '../../../src/dbus/errors.ts';
import type { AnyVariant } from '../../../src/dbus/values.ts';
import { openDescriptors } from '../../linux/descriptors.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';

let before: Map<number, string>;
beforeEach(() => {
  before = openDescriptors();
});
afterEach(() => expect(openDescriptors()).toEqual(before));

// The real systemd is asked in test/lab/terminals.test.ts.
function unitsOver(answer: (call: CallRequest) => Promise<unknown[]>) {
  const calls: CallRequest[] = [];
  let closed = 0;
  const bus = {
    async call(request: CallRequest) {
      calls.push(request);
      // As a connection does with the descriptors of a body.
      const properties = (request.body?.[2] ?? []) as [string, AnyVariant][];
      const passed = properties
        .filter(([, { signature }]) => signature === 'h')
        .map(([, { value }]) => value as number);
      for (const descriptor of new Set(passed)) closeSync(descriptor);
      return answer(request);
    },
    close: () => void closed++,
  };
  const units = new SystemdTerminalUnits({ hostBus: () => undefined, connect: async () => bus });
  return { units, calls, closed: () => closed };
}

const machine = sampleMachine('c1');
const terminal = { number: 3, openPeer: () => openSync('/dev/null', 'r') };

describe('what runs on terminals', () => {
  it('is a shell with the properties that systemd-machined 262 gives it', async () => {
    const { units, calls, closed } = unitsOver(async () => ['/job/1']);
    const request = { user: 'alice', path: '/bin/true', args: ['true', '$A'], environment: ['A=b'] };
    await units.startShell(machine, terminal, request);
    expect(closed()).toBe(1);
    const body = (calls[0] as CallRequest).body ?? [];
    const [unit, mode, properties] = body as [string, string, [string, AnyVariant][]];
    expect([calls[0]?.member, unit, mode]).toEqual(['StartTransientUnit', 'container-shell@3.service', 'fail']);
    const values = Object.fromEntries(properties.map(([name, { signature, value }]) => [name, [signature, value]]));
    const peer = ['h', expect.any(Number)];
    expect(values).toEqual({
      Description: ['s', 'Shell for User alice'],
      StandardInputFileDescriptor: peer,
      StandardOutputFileDescriptor: peer,
      StandardErrorFileDescriptor: peer,
      SendSIGHUP: ['b', true],
      IgnoreSIGPIPE: ['b', false],
      KillMode: ['s', 'mixed'],
      TTYPath: ['s', '/dev/pts/3'],
      TTYReset: ['b', true],
      UtmpIdentifier: ['s', 'pts/3'],
      UtmpMode: ['s', 'user'],
      PAMName: ['s', 'login'],
      WorkingDirectory: ['s', '-~'],
      User: ['s', 'alice'],
      Environment: ['as', ['A=b']],
      ExecStart: ['a(sasb)', [['/bin/true', ['true', '$A'], true]]],
    });
  });

  it("is root's login shell unless something else is asked for, and no variables where none are", async () => {
    const { units, calls } = unitsOver(async () => ['/job/1']);
    await units.startShell(machine, terminal, { environment: [] });
    const properties = new Map(calls[0]?.body?.[2] as [string, AnyVariant][]);
    expect(properties.get('User')?.value).toBe('root');
    expect(properties.has('Environment')).toBe(false);
    const [[program, args]] = (properties.get('ExecStart') as AnyVariant).value as [[string, string[], boolean]];
    expect([program, args.slice(0, 2), args.slice(3)]).toEqual(['/bin/sh', ['sh', '-c'], ['sh', 'root']]);
  });

  it('is a getty', async () => {
    const { units, calls, closed } = unitsOver(async () => ['/job/1']);
    await units.startLogin(machine, { number: 7, openPeer: () => 9 });
    expect(calls[0]).toMatchObject({ member: 'StartUnit', body: ['container-getty@7.service', 'replace'] });
    expect(closed()).toBe(1);
  });

  it.each([
    ['org.freedesktop.systemd1.UnitMasked', { code: 'system-failure', errno: 132, errnoName: 'ERFKILL' }],
    ['org.freedesktop.systemd1.UnitExists', { code: 'system-failure', errno: 17, errnoName: 'EEXIST' }],
    ['org.freedesktop.DBus.Error.AccessDenied', { code: 'system-failure', errno: 13, errnoName: 'EACCES' }],
    ['com.example.Whatever', { code: 'system-failure', errno: 5, errnoName: 'EIO' }],
    ['org.freedesktop.DBus.Error.NoReply', { code: 'timed-out' }],
    ['org.freedesktop.DBus.Error.Disconnected', { code: 'no-ipc' }],
  ])('tells of %s, and closes the connection', async (name, expected) => {
    const text = 'x'.repeat(100_000);
    const { units, closed } = unitsOver(() => Promise.reject(new DBusError(name, text)));
    const failure = await units.startShell(machine, terminal, { environment: [] }).catch((error) => error);
    expect(failure).toMatchObject(expected);
    expect(failure.message.length).toBeLessThan(1000);
    expect(closed()).toBe(1);
  });

  it('is nothing on the host while it has no bus', async () => {
    const { units } = unitsOver(async () => []);
    const host = sampleMachine('.host', { class: 'host' });
    await expect(units.startLogin(host, { number: 1, openPeer: () => 9 })).rejects.toMatchObject({ code: 'no-ipc' });
    await expect(units.startShell(host, terminal, { environment: [] })).rejects.toMatchObject({ code: 'no-ipc' });
  });
});
