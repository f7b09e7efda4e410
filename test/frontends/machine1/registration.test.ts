import { describe, expect, it } from 'vitest';
import { DBusError } from '../../../src/dbus/errors.ts';
import { Variant } from '../../../src/dbus/values.ts';
import { MachineError } from '../../../src/machine/errors.ts';
import type { MachineOperations, ProcessFinder, RegistrationRequest } from '../../../src/machine/operations.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { managerCall, treeOf } from './test-services.ts';

type Created = { request: RegistrationRequest; scope?: Parameters<MachineOperations['create']>[1] };

/** What the domain is asked for by a call, or the error that it is answered with before that. */
async function asked(
  member: string,
  signature: string,
  body: readonly unknown[],
  claimOf?: ProcessFinder['claimOf'],
): Promise<Created | { error: string; text: string }> {
  let created: Created | undefined;
  const never = () => Promise.reject(new Error('not asked for'));
  const { tree } = treeOf([], {
    operations: {
      register: async (request) => {
        created = { request };
        return sampleMachine(request.name);
      },
      create: async (request, scope) => {
        created = { request, scope };
        return sampleMachine(request.name);
      },
      ...{ unregister: never, terminate: never, kill: never },
    },
    ...(claimOf && { processes: { machineOf: () => undefined, claimOf } }),
  });
  try {
    const reply = await tree.answer(managerCall(member, signature, body));
    expect(reply).toEqual({ signature: 'o', body: ['/org/freedesktop/machine1/machine/web'] });
    return created as Created;
  } catch (error) {
    if (!(error instanceof DBusError)) throw error;
    expect(created).toBeUndefined();
    return { error: error.errorName, text: error.message };
  }
}

const extended = (properties: readonly unknown[], claimOf?: ProcessFinder['claimOf']) =>
  asked('RegisterMachineEx', 'sa(sv)', ['web', properties], claimOf);
const given = (name: string, signature: string, value: unknown) => [name, new Variant<string>(signature, value)];
const container = given('Class', 's', 'container');
const invalid = (text: string) => ({ error: 'org.freedesktop.DBus.Error.InvalidArgs', text });

describe('CreateMachine', () => {
  const create = (scope: unknown) => asked('CreateMachineEx', 'sa(sv)a(sv)', ['web', [container], scope]);

  it('passes the properties of the scope on unread', async () => {
    const scope = [given('Odd', 'a{sv}', new Map([['__proto__', new Variant('s', 'x')]])), given('Odd', 'u', 7)];
    expect(await create(scope)).toMatchObject({ scope });
  });

  it('takes no descriptors for the scope: what is passed on would be closed twice', async () => {
    const text = "Scope property 'Hidden' has a descriptor in it";
    expect(await create([given('Hidden', 'ah', [7])])).toEqual(invalid(text));
    expect(await create([given('Hidden', 'v', new Variant<string>('(sh)', ['x', 7]))])).toEqual(invalid(text));
  });
});

describe('RegisterMachine', () => {
  it('asks for all that was given', async () => {
    const body = ['web', Buffer.alloc(16, 0xab), 'nspawn', 'vm', 4711, '/srv/web', [3, 2, 3]];
    expect(await asked('RegisterMachineWithNetwork', 'sayssusai', body)).toEqual({
      request: {
        name: 'web',
        id: 'ab'.repeat(16),
        service: 'nspawn',
        class: 'vm',
        leader: { pid: 4711 },
        rootDirectory: '/srv/web',
        interfaces: [3, 2, 3],
      },
    });
  });

  it('takes no long service: the list of machines has it of each', async () => {
    const long = 's'.repeat(1025);
    const text = 'Invalid service parameter';
    expect(await asked('RegisterMachine', 'sayssus', ['web', Buffer.alloc(0), long, 'vm', 0, ''])).toEqual(
      invalid(text),
    );
    expect(await extended([container, given('Service', 's', long)])).toEqual(invalid(text));
  });

  it('asks for nothing that was left empty', async () => {
    const body = ['web', Buffer.alloc(0), '', 'container', 0, ''];
    expect(await asked('RegisterMachine', 'sayssus', body)).toEqual({
      request: { name: 'web', class: 'container', interfaces: [] },
    });
  });
});

describe('CreateMachine', () => {
  const properties = [
    given('Slice', 's', 'machine.slice'),
    given('__proto__', 'a{sv}', new Map([['polluted', new Variant('b', true)]])),
  ];
  const scope = [
    ['Slice', { signature: 's', value: 'machine.slice' }],
    ['__proto__', { signature: 'a{sv}', value: new Map([['polluted', new Variant('b', true)]]) }],
  ];

  it('passes the properties of the scope on unread', async () => {
    const before = ['web', Buffer.alloc(0), '', 'container', 0, ''];
    expect(await asked('CreateMachine', 'sayssusa(sv)', [...before, properties])).toMatchObject({ scope });
    expect(await asked('CreateMachineWithNetwork', 'sayssusaia(sv)', [...before, [4], properties])).toMatchObject({
      scope,
      request: { interfaces: [4] },
    });
    expect(await asked('CreateMachineEx', 'sa(sv)a(sv)', ['web', [container], properties])).toMatchObject({ scope });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('RegisterMachineEx', () => {
  it('asks for all that was given, the last one of each', async () => {
    expect(
      await extended([
        given('VSockCID', 'u', 5),
        given('Class', 's', 'container'),
        given('Class', 's', 'vm'),
        given('Id', 'ay', Buffer.alloc(16, 0xcd)),
        given('Service', 's', 'x'),
        given('LeaderPID', 'u', 4711),
        given('LeaderPIDFDID', 't', 99n),
        given('RootDirectory', 's', '/srv/../x'),
        given('NetworkInterfaces', 'ai', [1]),
        given('VSockCID', 'u', 6),
        given('SSHAddress', 's', 'vsock/6'),
        given('SSHPrivateKeyPath', 's', '/k'),
      ]),
    ).toEqual({
      request: {
        name: 'web',
        id: 'cd'.repeat(16),
        service: 'x',
        class: 'vm',
        leader: { pid: 4711, pidfdId: 99 },
        rootDirectory: '/srv/../x',
        interfaces: [1],
        vsockCid: 6,
        sshAddress: 'vsock/6',
        sshPrivateKeyPath: '/k',
      },
    });
  });

  it('takes a pidfd for the leader, and numbers beside it that agree', async () => {
    const seen: number[] = [];
    const claimOf = (pidfd: number) => {
      seen.push(pidfd);
      return { pid: 4711, pidfdId: 99 };
    };
    const pidfd = given('LeaderPIDFD', 'h', 17);
    const leader = { request: { leader: { pid: 4711, pidfdId: 99 } } };
    expect(await extended([container, pidfd], claimOf)).toMatchObject(leader);
    expect(await extended([container, pidfd, given('LeaderPID', 'u', 4711)], claimOf)).toMatchObject(leader);
    expect(await extended([container, pidfd, given('LeaderPIDFDID', 't', 99n)], claimOf)).toMatchObject(leader);
    expect(seen).toEqual([17, 17, 17]);
    expect(await extended([container, pidfd, given('LeaderPID', 'u', 4712)], claimOf)).toEqual(
      invalid('LeaderPID and LeaderPIDFD refer to different processes'),
    );
    expect(await extended([container, pidfd, given('LeaderPIDFDID', 't', 98n)], claimOf)).toEqual(
      invalid('LeaderPIDFDID does not match the inode number of LeaderPIDFD'),
    );
    const noPidfd = () => {
      throw new MachineError('invalid-parameter', 'descriptor 17 is no pidfd', 'leader');
    };
    expect(await extended([container, pidfd], noPidfd)).toEqual(invalid('Invalid leader PID'));
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'class', ''])('does not know %j', async (name) => {
    const evil = new Variant('a{sv}', new Map([['polluted', new Variant('b', true)]]));
    expect(await extended([container, [name, evil]])).toEqual(invalid(`Unknown property '${name}'`));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each([
    ['v', new Variant('s', 'container')],
    ['v', new Variant('v', new Variant('v', new Variant('s', 'container')))],
    ['as', ['container']],
    ['a{ss}', new Map([['container', 'vm']])],
    ['(s)', ['container']],
    ['o', '/container'],
    ['ay', Buffer.from('container')],
  ])('takes no class of type %s', async (signature, value) => {
    expect(await extended([given('Class', signature, value)])).toEqual(
      invalid(`Property 'Class' is of type '${signature}', not 's'`),
    );
  });

  it('reads 10,000 properties quickly', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => given('Service', 's', `number ${index}`));
    const start = performance.now();
    expect(await extended([container, ...many])).toMatchObject({ request: { service: 'number 9999' } });
    expect(performance.now() - start).toBeLessThan(200);
  });
});
