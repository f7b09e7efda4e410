import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DaemonProcess } from '../support/daemon-process.ts';
import { type Container, containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { ask, sendRaw } from '../support/raw-varlink.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

/** Errors as systemd-machined 262 gave them to the same questions, but for the place in an array, which it does not tell. */
const invalid = (parameter: string) => ({ error: 'org.varlink.service.InvalidParameter', parameters: { parameter } });

describe.skipIf(unavailable !== undefined)('bad input', () => {
  let daemon: DaemonProcess;
  let container: Container;
  let untouched: Record<string, unknown>;
  const list = () => ask(daemon.machineSocket, 'io.systemd.Machine.List', { name: 'good' });
  const register = (parameters: Record<string, unknown>) =>
    ask(daemon.machineSocket, 'io.systemd.Machine.Register', parameters);

  beforeAll(async () => {
    daemon = await DaemonProcess.start();
    container = await startContainer({});
    expect(await register({ name: 'good', class: 'container', leader: container.pid })).toEqual({});
    untouched = await list();
  });

  afterAll(async () => {
    await stopAllContainers();
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  /** Whatever was sent, the machine is there as before, and it is the only one. */
  const expectUnchanged = async (): Promise<void> => {
    expect(await list()).toEqual(untouched);
    const call = JSON.stringify({ method: 'io.systemd.Machine.List', parameters: {}, more: true });
    const { replies } = await sendRaw(daemon.machineSocket, `${call}\0`, 2);
    const names = replies.map(({ parameters }) => (parameters as { name: string }).name);
    expect(names.sort()).toEqual(['.host', 'good']);
  };

  it.each([
    ['broken JSON', '{"method":"io.systemd.Machine.List","parameters":{"name":"good"}\0'],
    ['no object', '[]\0'],
    ['parameters that are an array', '{"method":"io.systemd.Machine.List","parameters":[]}\0'],
    ['an unknown key beside the method', '{"method":"org.varlink.service.GetInfo","foo":1}\0'],
    ['bytes that are not UTF-8', Buffer.from('{"method":"\xff"}\0', 'latin1')],
    ['a zero byte in a string', '{"method":"io.systemd.Machine.List","parameters":{"name":"a\\u0000b"}}\0'],
    ['a message of 17 MiB', Buffer.alloc(17 * 1024 * 1024, ' ')],
  ])('of %s ends the connection without an answer', async (_what, bytes) => {
    expect(await sendRaw(daemon.machineSocket, bytes)).toEqual({ replies: [], closed: true });
    await expectUnchanged();
  });

  const leader = () => container.pid;
  it.each<[string, () => Record<string, unknown>, object]>([
    ['a name of another world', () => ({ name: 'ah@??.hmm', class: 'container', leader: leader() }), invalid('name')],
    ['the name .host', () => ({ name: '.host', class: 'container', leader: leader() }), invalid('name')],
    ['a name of 65 letters', () => ({ name: 'a'.repeat(65), class: 'container' }), invalid('name')],
    ['the class host', () => ({ name: 'bad', class: 'host' }), invalid('class')],
    ['an unknown class', () => ({ name: 'bad', class: 'castle' }), invalid('class')],
    ['no class', () => ({ name: 'bad' }), invalid('class')],
    ['a null in an array', () => ({ name: 'bad', class: 'container', ifIndices: [1, null] }), invalid('ifIndices[1]')],
    ['interface 0', () => ({ name: 'bad', class: 'container', ifIndices: [0] }), invalid('ifIndices')],
    ['a number as name', () => ({ name: 5, class: 'container' }), invalid('name')],
    ['an unknown field', () => ({ name: 'bad', class: 'container', foo: 1 }), invalid('foo')],
    ['a dead leader', () => ({ name: 'bad', class: 'container', leader: 4194303 }), invalid('leader')],
    ['the init of the host', () => ({ name: 'bad', class: 'container', leader: 1 }), invalid('leader')],
    ['leader -1', () => ({ name: 'bad', class: 'container', leader: -1 }), invalid('leader')],
    ['leader 0', () => ({ name: 'bad', class: 'container', leader: 0 }), invalid('leader')],
    [
      'a wrong pidfd id',
      () => ({ name: 'bad', class: 'container', leaderProcessId: { pid: leader(), pidfdId: 1 } }),
      invalid('leaderProcessId'),
    ],
    [
      'a wrong boot id',
      () => ({ name: 'bad', class: 'container', leaderProcessId: { pid: leader(), bootId: '1'.repeat(32) } }),
      invalid('leaderProcessId'),
    ],
    ['a relative root', () => ({ name: 'bad', class: 'container', rootDirectory: 'x' }), invalid('rootDirectory')],
    ['a root with ..', () => ({ name: 'bad', class: 'container', rootDirectory: '/a/..' }), invalid('rootDirectory')],
    ['half an id', () => ({ name: 'bad', class: 'container', id: 'abc' }), invalid('id')],
    ['vsock CID 2', () => ({ name: 'bad', class: 'container', vSockCid: 2 }), invalid('vSockCid')],
    ['an ssh address of two lines', () => ({ name: 'b', class: 'vm', sshAddress: 'a\nb' }), invalid('sshAddress')],
    ['a taken name', () => ({ name: 'good', class: 'container' }), { error: 'io.systemd.Machine.MachineExists' }],
    [
      'a leader that has a machine already',
      () => ({ name: 'bad', class: 'container', leader: leader() }),
      { error: 'io.systemd.System', parameters: { origin: 'linux', errno: 17, errnoName: 'EEXIST' } },
    ],
  ])('of %s is refused by Register', async (_what, parameters, error) => {
    expect(await register(parameters())).toEqual(error);
    await expectUnchanged();
  });

  it.each<[string, Record<string, unknown>, object]>([
    ['List', {}, { error: 'org.varlink.service.ExpectedMore' }],
    ['List', { name: '' }, invalid('name')],
    ['List', { name: 'nope' }, { error: 'io.systemd.Machine.NoSuchMachine' }],
    ['List', { pid: { pid: -1 } }, invalid('pid')],
    ['List', { acquireMetadata: 'maybe' }, invalid('acquireMetadata')],
    ['Kill', { name: 'good', signal: 0 }, invalid('signal')],
    ['Kill', { name: 'good', signal: 65 }, invalid('signal')],
    ['Kill', { name: 'good', signal: 9, whom: 'everybody' }, invalid('whom')],
    ['Unregister', {}, { error: 'io.systemd.Machine.NoSuchMachine' }],
    ['Terminate', { name: 'a_b' }, invalid('name')],
    ['MapFrom', { name: 'good', uid: 65535 }, invalid('uid')],
    ['MapFrom', { name: 'good', uid: 65536 }, { error: 'io.systemd.Machine.NoSuchUser' }],
    ['MapFrom', { name: '.host', uid: 0 }, { error: 'io.systemd.Machine.NotSupported' }],
    ['MapTo', { uid: 5 }, { error: 'io.systemd.Machine.UserInHostRange' }],
    ['MapTo', { gid: 5 }, { error: 'io.systemd.Machine.GroupInHostRange' }],
    ['MapTo', { uid: 4294967294 }, { error: 'io.systemd.Machine.NoSuchUser' }],
    ['MapTo', {}, { error: 'io.systemd.Machine.NoSuchMachine' }],
    ['CopyTo', { name: 'good', source: 'relative' }, invalid('source')],
    // Its leader has the mounts of the host.
    [
      'BindMount',
      { name: 'good', source: '/x' },
      { error: 'io.systemd.System', parameters: { origin: 'linux', errno: 22, errnoName: 'EINVAL' } },
    ],
    ['Open', { name: 'nope', mode: 'tty' }, { error: 'io.systemd.Machine.NoSuchMachine' }],
    [
      'Frobnicate',
      {},
      { error: 'org.varlink.service.MethodNotFound', parameters: { method: 'io.systemd.Machine.Frobnicate' } },
    ],
  ])('of %s %j gets its error', async (method, parameters, error) => {
    expect(await ask(daemon.machineSocket, `io.systemd.Machine.${method}`, parameters)).toEqual(error);
    await expectUnchanged();
  });

  it.each<[Record<string, unknown>, object]>([
    [{ uid: 5 }, invalid('service')],
    [{ uid: 'x', service: 'io.systemd.Machine' }, invalid('uid')],
    [{ uid: 65535, service: 'io.systemd.Machine' }, invalid('uid')],
    [{ uid: 4294967296, service: 'io.systemd.Machine' }, invalid('uid')],
    [{ userName: '', service: 'io.systemd.Machine' }, invalid('userName')],
    [{ userName: 'vu-good-0', service: 'other' }, { error: 'io.systemd.UserDatabase.BadService' }],
    [{ service: 'io.systemd.Machine' }, { error: 'io.systemd.UserDatabase.EnumerationNotSupported' }],
    [{ userName: 'vu-good-00', service: 'io.systemd.Machine' }, { error: 'io.systemd.UserDatabase.NoRecordFound' }],
  ])('of GetUserRecord %j gets its error', async (parameters, error) => {
    expect(await ask(daemon.userdbSocket, 'io.systemd.UserDatabase.GetUserRecord', parameters)).toEqual(error);
  });

  it('leaves no descriptor behind', async () => {
    const before = daemon.descriptors;
    for (let round = 0; round < 50; round++) {
      await register({ name: 'bad', class: 'container', leaderProcessId: { pid: leader(), pidfdId: 1 } });
      await register({ name: 'good', class: 'container' });
      await register({ name: 'bad', class: 'container', leader: leader() });
      await sendRaw(daemon.machineSocket, '[]\0');
    }
    await vi.waitFor(() => expect(daemon.descriptors).toBeLessThanOrEqual(before));
    expect(daemon.log).toMatch(/^\S+ notice not done in a machine operation=bind-mount [^\n]*\n$/);
  });
});
