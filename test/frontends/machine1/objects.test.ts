import { closeSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PreparedBody, type Reply } from '../../../src/dbus/call.ts';
import { decodeBody } from '../../../src/dbus/codec/body-decoder.ts';
import { logControlInterface, logControlPath } from '../../../src/frontends/log-control/handlers.ts';
import { addressScopes } from '../../../src/machine/address.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { parseMachineName } from '../../../src/machine/machine-name.ts';
import { recordedDocument } from '../../dbus/objects/recorded-objects.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { managerCall, treeOf } from './test-services.ts';

const root = '/org/freedesktop/machine1';
const machineInterface = 'org.freedesktop.machine1.Machine';

/** The only value of a body. */
function textOf(reply: Reply): string {
  const { signature } = reply;
  const body = reply instanceof PreparedBody ? decodeBody(signature, Buffer.from(reply.bytes), true) : reply.body;
  expect(body).toHaveLength(1);
  return body[0] as string;
}

describe('introspection', () => {
  const { tree } = treeOf([
    ...['2x', 'a', 'f-2', 'z.y'].map((name) => sampleMachine(name)),
    sampleMachine('.host', { class: 'host', leader: { pid: 1 } }),
  ]);
  tree.add(logControlPath, logControlInterface({ logLevel: 6, logTarget: 'console', syslogIdentifier: 'x' }));

  it.each([root, `${root}/machine`, `${root}/machine/_2ehost`, `${root}/machine/_32x`])(
    'of %s is systemd’s',
    async (path) => {
      const reply = await tree.answer(
        managerCall('Introspect', '', [], { path, interface: 'org.freedesktop.DBus.Introspectable' }),
      );
      expect(textOf(reply)).toBe(recordedDocument(path));
    },
  );

  it('is of the machines that there are now', async () => {
    const { tree, registry } = treeOf([sampleMachine('a')]);
    const names = async () => {
      const path = `${root}/machine`;
      const reply = await tree.answer(
        managerCall('Introspect', '', [], { path, interface: 'org.freedesktop.DBus.Introspectable' }),
      );
      return [...textOf(reply).matchAll(/<node name="(.*)"/g)].map(([, name]) => name);
    };
    expect(await names()).toEqual(['a']);
    const { name } = registry.update(parseMachineName('a'), (machine) => ({ ...machine, service: 'x' }));
    expect(await names()).toEqual(['a']);
    registry.add(sampleMachine('b'));
    expect(await names()).toEqual(['a', 'b']);
    registry.remove(name);
    expect(await names()).toEqual(['b']);
  });
});

describe('properties', () => {
  it('have the values of the machine', async () => {
    const machine = sampleMachine('web', {
      ...{ id: '0123456789abcdef0123456789abcdef', service: 'some', rootDirectory: '/srv', unit: 'u.service' },
      ...{ subgroup: 'payload', interfaces: [4, 3], vsockCid: 5, sshAddress: 'a', sshPrivateKeyPath: '/k' },
      ...{ leader: { pid: 10, pidfdId: 11 }, supervisor: { pid: 12 }, owner: 1000, class: 'vm' },
      timestamp: { realtime: 1_795_261_971_399_490, monotonic: 1_193_535_192 },
    });
    const { tree } = treeOf([machine]);
    const reply = await tree.answer(
      managerCall('GetAll', 's', [machineInterface], {
        path: `${root}/machine/web`,
        interface: 'org.freedesktop.DBus.Properties',
      }),
    );
    const [all] = (reply as unknown as { body: [ReadonlyMap<string, { value: unknown }>] }).body;
    expect(Object.fromEntries([...all].map(([name, { value }]) => [name, value]))).toEqual({
      ...{ Name: 'web', Id: Buffer.from('0123456789abcdef0123456789abcdef', 'hex') },
      ...{ Timestamp: 1_795_261_971_399_490n, TimestampMonotonic: 1_193_535_192n },
      ...{ Service: 'some', Unit: 'u.service', Subgroup: 'payload', Leader: 10, LeaderPIDFDId: 11n },
      ...{ Supervisor: 12, SupervisorPIDFDId: 0n, Class: 'vm', RootDirectory: '/srv', NetworkInterfaces: [4, 3] },
      ...{ VSockCID: 5, SSHAddress: 'a', SSHPrivateKeyPath: '/k', State: 'running', UID: 1000 },
    });
  });
});

describe('machine/self', () => {
  const web = sampleMachine('web', { leader: { pid: 4711 } });
  const ask = (more: Parameters<typeof managerCall>[3]) =>
    treeOf([web, sampleMachine('self')]).tree.answer(
      managerCall('Get', 'ss', [machineInterface, 'Name'], {
        path: `${root}/machine/self`,
        interface: 'org.freedesktop.DBus.Properties',
        ...more,
      }),
    );

  it('is the machine of the caller', async () => {
    const pidfd = openSync('/dev/null', 'r');
    const reply = await ask({ credentials: async () => ({ uid: 5, gid: 5, pid: 4711, pidfd }) });
    expect(reply).toMatchObject({ body: [{ signature: 's', value: 'web' }] });
    expect(() => closeSync(pidfd)).toThrow('EBADF');
  });

  it.each([[4712], [undefined]])('is nothing for process %j', async (pid) => {
    const credentials = async () => ({ uid: 5, gid: 5, pid, pidfd: undefined });
    await expect(ask({ credentials })).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.UnknownObject',
    });
  });
});

describe('addresses', () => {
  const address = { family: 'ipv4', prefixLength: 24, interfaceIndex: 2, scope: addressScopes.universe } as const;
  const withAddress = (last: number) => (machine: Machine) => ({
    ...machine,
    facts: {
      ...machine.facts,
      addresses: [{ ...address, bytes: Uint8Array.of(192, 0, 2, last), tentative: false, deprecated: false }],
    },
  });

  it('are encoded once for each state of a machine, and are those of now', () => {
    const web = sampleMachine('web');
    const refreshed: string[] = [];
    const { tree, registry } = treeOf([web], {
      metadata: {
        hostAddresses: () => [],
        osRelease: () => Promise.reject(new Error('not asked')),
        refresh: ({ name }) => void refreshed.push(name),
      },
    });
    const ask = (): PreparedBody => {
      const reply = tree.answer(managerCall('GetMachineAddresses', 's', ['web']));
      if (!(reply instanceof PreparedBody)) throw new Error('not answered at once from memory');
      return reply;
    };
    const told = (body: PreparedBody) => decodeBody(body.signature, Buffer.from(body.bytes), true);
    expect(told(ask())).toEqual([[]]);
    registry.update(web.name, withAddress(7));
    const first = ask();
    expect(told(first)).toEqual([[[2, Uint8Array.of(192, 0, 2, 7)]]]);
    expect(ask()).toBe(first);
    registry.update(web.name, withAddress(8));
    expect(told(ask())).toEqual([[[2, Uint8Array.of(192, 0, 2, 8)]]]);
    expect(refreshed).toEqual(['web', 'web', 'web', 'web']);
  });
});

describe('what is not there yet', () => {
  const { tree } = treeOf([sampleMachine('web'), sampleMachine('.host', { class: 'host', leader: { pid: 1 } })]);
  const cases: readonly (readonly [string, string, readonly unknown[]])[] = [
    ['OpenMachinePTY', 's', ['web']],
    ['OpenMachineLogin', 's', ['.host']],
    ['OpenMachineShell', 'sssasas', ['web', '', '', [], ['A=b']]],
    ['BindMountMachine', 'sssbb', ['web', '/etc', '', false, false]],
    ['CopyFromMachine', 'sss', ['web', '/etc/hostname', '']],
    ['CopyToMachineWithFlags', 'ssst', ['web', '/etc/hostname', '/x', 1n]],
    ['RemoveImage', 's', ['x']],
    ['SetPoolLimit', 't', [5n]],
    ['CleanPool', 's', ['all']],
  ];

  it.each(cases)('%s is refused to root as not supported', async (member, signature, body) => {
    const answer = async () => tree.answer(managerCall(member, signature, body));
    await expect(answer()).rejects.toMatchObject({ errorName: 'org.freedesktop.DBus.Error.NotSupported' });
  });

  it.each(cases)('%s is refused to others', async (member, signature, body) => {
    const credentials = async () => ({ uid: 1000, gid: 1000, pid: 5, pidfd: undefined });
    const answer = async () => tree.answer(managerCall(member, signature, body, { credentials }));
    await expect(answer()).rejects.toMatchObject({ errorName: 'org.freedesktop.DBus.Error.AccessDenied' });
  });
});

describe('a root directory', () => {
  it('is given as a descriptor to who may have it', async () => {
    const { tree } = treeOf([sampleMachine('web')], { files: { openRootDirectory: async () => 23 } });
    const call = (uid: number) =>
      managerCall('OpenMachineRootDirectory', 's', ['web'], {
        credentials: async () => ({ uid, gid: uid, pid: 5, pidfd: undefined }),
      });
    expect(await tree.answer(call(0))).toEqual({ signature: 'h', body: [23] });
    await expect(tree.answer(call(1000))).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.AccessDenied',
    });
  });
});
