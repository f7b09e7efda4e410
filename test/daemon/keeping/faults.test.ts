import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { childrenOf } from '../../support/child-processes.ts';
import { controlGroupsUnavailable, TestControlGroup } from '../../support/control-groups.ts';
import { DaemonProcess } from '../../support/daemon-process.ts';
import { Connection, listMachines, type Reply } from './calls.ts';
import { kept } from './kept.ts';
import { stateCalls, WATCHED } from './state-calls.ts';
import { type Injection, Strace, straceUnavailable, type TracedCall } from './strace.ts';

const unavailable = straceUnavailable() ?? controlGroupsUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

/** What each can fail with on a disk that is full, over quota, read-only or broken, and in a process without descriptors. */
const FAULTS: Readonly<Record<string, readonly (keyof typeof constants.errno)[]>> = {
  openat: ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT', 'EMFILE', 'ENFILE'],
  write: ['ENOSPC', 'EIO', 'EDQUOT'],
  fchmod: ['EIO', 'EROFS'],
  rename: ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT'],
  symlink: ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT'],
  unlink: ['EIO', 'EROFS'],
};
/** The same of what else a registration needs; from outside the directory only descriptors and memory can be missing. */
const OTHER_FAULTS: typeof FAULTS = {
  openat: ['EMFILE', 'ENFILE'],
  pidfd_open: ['EMFILE', 'ENOMEM'],
  getsockopt: ['EMFILE'],
  epoll_ctl: ['ENOSPC', 'ENOMEM'],
};

interface Fault {
  readonly title: string;
  readonly errno: keyof typeof constants.errno;
  readonly call: TracedCall;
  readonly injection: Injection;
}

describe.skipIf(unavailable !== undefined)('what fails in the directory', { timeout: 300_000 }, () => {
  const unit = `mymachines-faults-${process.pid}.scope`;
  const name = 'web';
  let group: TestControlGroup;
  let daemon: DaemonProcess;
  let leader: ChildProcess;
  let survived = 0;

  beforeAll(async () => {
    daemon = await DaemonProcess.start();
    // It tries its hook in a process first. libuv aborts (1.46) when it cannot wait for one, which is not what is meant.
    (await Connection.open(daemon.machineSocket))?.close();
    await vi.waitFor(() => expect(childrenOf(daemon.pid)).toEqual([]), 10_000);
    group = new TestControlGroup(unit);
    await newLeader();
  });
  afterAll(async () => {
    if (!daemon.alive) console.error(daemon.wholeLog.slice(-2000));
    console.info(`${survived} faults survived`);
    await endLeader();
    group.remove();
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  async function newLeader(): Promise<void> {
    leader = spawn('setpriv', ['--pdeathsig', 'KILL', 'sleep', 'infinity'], { stdio: 'ignore' });
    await once(leader, 'spawn');
    group.add(leader.pid as number);
  }

  async function endLeader(): Promise<void> {
    const ended = once(leader, 'exit');
    leader.kill('SIGKILL');
    await ended;
  }

  /** Does something while strace looks on, or meddles. */
  async function traced(
    act: (connection: Connection) => Promise<Reply | undefined>,
    injection?: Injection,
  ): Promise<{ calls: TracedCall[]; reply: Reply | undefined }> {
    const connection = await Connection.open(daemon.machineSocket);
    if (connection === undefined) throw new Error('the daemon has ended');
    const strace = await Strace.attach(daemon.pid, [...WATCHED, ...Object.keys(OTHER_FAULTS)], injection);
    try {
      return { reply: await act(connection), calls: await strace.calls(false) };
    } finally {
      connection.close();
    }
  }

  const first = async (replies: Promise<Reply[] | undefined>) => (await replies)?.[0];
  const register = (connection: Connection) =>
    first(connection.call('io.systemd.Machine.Register', { name, class: 'container', leader: leader.pid }));
  const unregister = (connection: Connection) => first(connection.call('io.systemd.Machine.Unregister', { name }));
  const machines = () => join(daemon.runtimeDirectory, 'machines');
  const files = () => kept(daemon.runtimeDirectory);
  const whole = [`unit:${unit} to ${name}`, name];
  /** All that is told of the machine, but when it was registered. */
  const machine = async () => {
    const { timestamp: _when, ...facts } = (await listMachines(daemon.machineSocket)).get(name) ?? {};
    return facts;
  };
  const succeed = async (act: (connection: Connection) => Promise<Reply | undefined>) => {
    const connection = (await Connection.open(daemon.machineSocket)) as Connection;
    expect(await act(connection)).toEqual({});
    connection.close();
  };
  const systemError = (errnoName: keyof typeof constants.errno) => ({
    error: 'io.systemd.System',
    parameters: { origin: 'linux', errno: constants.errno[errnoName], errnoName },
  });

  /** Each fault of each call, once, and from then on. */
  function* faultsOf(calls: readonly TracedCall[], table: typeof FAULTS): Generator<Fault> {
    for (const call of calls) {
      for (const errno of table[call.name] ?? []) {
        for (const when of [call.ordinal, `${call.ordinal}+`]) {
          const title = `${errno} of ${call.name}(${call.text}, ${when}`;
          yield { title, errno, call, injection: { name: call.name, when, fate: `error=${errno}` } };
        }
      }
    }
  }
  const changesOf = (calls: readonly TracedCall[]): TracedCall[] =>
    stateCalls(calls, machines()).filter(({ key }) => key !== 'reply');

  test('lets a registration fail whole, and the next one succeed', async () => {
    // What is read once and kept, as where systemd has its control groups, has been read.
    await succeed(register);
    await succeed(unregister);
    const { calls, reply } = await traced(register);
    expect(reply).toEqual({});
    const facts = await machine();
    expect(facts).toMatchObject({ unit, leader: { pid: leader.pid }, supervisor: { pid: process.pid } });
    expect(files()).toEqual(whole);
    await succeed(unregister);
    const changing = changesOf(calls);
    expect(changing.map((call) => call.name)).toEqual(expect.arrayContaining(['openat', 'write', 'rename', 'symlink']));
    const missed = new Set(
      stateCalls(calls, machines()).flatMap(({ name, key }) => (FAULTS[name] ?? []).map((errno) => `${errno} ${key}`)),
    );
    const others = calls.filter((call) => !changing.some((it) => it.name === call.name && it.ordinal === call.ordinal));
    for (const fault of [...faultsOf(changing, FAULTS), ...faultsOf(others, OTHER_FAULTS)]) {
      const { title, errno } = fault;
      const { reply: answer, calls: made } = await traced(register, fault.injection);
      const failed = made.filter(({ text }) => text.endsWith('(INJECTED)'));
      expect(failed.length, title).toBeGreaterThan(0);
      for (const { key } of stateCalls(failed, machines())) missed.delete(`${errno} ${key}`);
      if (answer?.error !== undefined) {
        expect(answer, title).toEqual(systemError(errno));
        expect(await machine(), title).toEqual({});
        await succeed(register);
      } else expect(changesOf(failed), title).toEqual([]);
      expect(await machine(), title).toEqual(facts);
      expect(files(), title).toEqual(whole);
      await succeed(unregister);
      expect(files(), title).toEqual([]);
      survived++;
    }
    expect([...missed]).toEqual([]);
    expect(survived).toBeGreaterThan(60);
  });

  test('leaves a machine that it keeps from being unregistered as it was', async () => {
    await succeed(register);
    const { calls } = await traced(unregister);
    const changing = changesOf(calls);
    const [file] = changing;
    for (const { title, errno, call, injection } of faultsOf(changing, FAULTS)) {
      await succeed(register);
      const facts = await machine();
      const { reply } = await traced(unregister, injection);
      // With its file the machine is gone. A link to nothing is removed by whatever needs its place, or the next start.
      expect(reply, title).toEqual(call === file ? systemError(errno) : {});
      expect(await machine(), title).toEqual(call === file ? facts : {});
      expect(files(), title).toEqual(call === file ? whole : [`unit:${unit} to ${name}`]);
      if (call === file) await succeed(unregister);
      survived++;
    }
    await succeed(register);
    await succeed(unregister);
    expect(files()).toEqual([]);
  });

  test('does not keep a machine whose leader has ended', async () => {
    for (const errno of ['EIO', 'EROFS'] as const) {
      await succeed(register);
      await traced(
        async () => {
          await endLeader();
          await vi.waitFor(async () => expect(await machine()).toEqual({}), 10_000);
          return undefined;
        },
        { name: 'unlink', when: '1+', fate: `error=${errno}` },
      );
      expect(files()).toEqual(whole);
      expect(daemon.log).toContain(`the state of machine ${name} cannot be removed`);
      await newLeader();
      // What was left goes with the next change, whosever.
      const other = (connection: Connection, method: string, more = {}) =>
        first(connection.call(`io.systemd.Machine.${method}`, { name: 'other', ...more }));
      await succeed((connection) => other(connection, 'Register', { class: 'container', leader: leader.pid }));
      expect(files()).toEqual([`unit:${unit} to other`, 'other'].sort());
      await succeed((connection) => other(connection, 'Unregister'));
      expect(files()).toEqual([]);
      survived++;
    }
  });
});
