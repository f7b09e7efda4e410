import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { mymachines } from '../cli/command.ts';
import { connectBus } from '../support/bus.ts';
import { DaemonProcess, openDirectory } from '../support/daemon-process.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../support/dbus-daemon.ts';
import { containersUnavailable, startContainer, stopAllContainers } from '../support/namespaces.ts';
import { ask } from '../support/raw-varlink.ts';

// In the place of systemd-machined is another mymachines; with the real one it is test/lab/beside.test.ts.

const unavailable = containersUnavailable() ?? dbusDaemonUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const NAME = 'org.freedesktop.machine1';
const SOURCES = ['--source=machine1', '--source=embedded'];

describe.skipIf(unavailable !== undefined)('a daemon beside systemd-machined, with machines of its own', () => {
  let bus: DBusDaemon;
  let directory: string;
  let machined: DaemonProcess;
  let beside: DaemonProcess;
  const start = (more: readonly string[] = SOURCES) => DaemonProcess.start(directory, { bus: bus.address, more });
  const call = (daemon: DaemonProcess, method: string, parameters: object = {}) =>
    ask(daemon.machineSocket, `io.systemd.Machine.${method}`, parameters);
  const register = async (daemon: DaemonProcess, name: string, leader: number): Promise<void> => {
    expect(await call(daemon, 'Register', { name, class: 'container', leader })).toEqual({});
  };
  const unregister = async (daemon: DaemonProcess, name: string): Promise<void> => {
    expect(await call(daemon, 'Unregister', { name })).toEqual({});
  };
  /** Its leader, as a daemon has it; undefined where there is no such machine. */
  const leaderOf = async (daemon: DaemonProcess, name: string): Promise<number | undefined> => {
    const { parameters } = await call(daemon, 'List', { name });
    return (parameters as { leader: { pid: number } } | undefined)?.leader.pid;
  };
  const awaitLeader = (name: string, pid: number | undefined): Promise<void> =>
    vi.waitFor(async () => expect(await leaderOf(beside, name)).toBe(pid), { timeout: 5000, interval: 5 });
  const record = async (daemon: DaemonProcess, userName: string): Promise<unknown> => {
    const question = { userName, service: daemon.service };
    const { parameters, error } = await ask(daemon.userdbSocket, 'io.systemd.UserDatabase.GetUserRecord', question);
    return error ?? (parameters as { record: { uid: number; service: string } }).record;
  };

  beforeAll(async () => {
    bus = await DBusDaemon.start();
    directory = openDirectory('mymachines-beside-test-');
    machined = await DaemonProcess.start(directory, { bus: bus.address });
    beside = await start();
  });
  afterEach(stopAllContainers);
  afterAll(async () => {
    await beside?.stop();
    await machined?.stop();
    await bus?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('takes neither the name nor the sockets nor the state files of the other', async () => {
    const client = await connectBus(bus.address);
    const owner = await client.ownerOf(NAME);
    expect(owner && (await client.credentialsOf(owner)).pid).toBe(machined.pid);
    client.close();
    const both = ['io.github.mymachines', 'io.systemd.Machine'];
    const files = ['machine', 'userdb', 'resolve.hook'].map((name) => readdirSync(join(directory, name)).sort());
    expect(files).toEqual([both, both, both]);
    const { ino } = statSync(machined.machineSocket);
    const { pid } = await startContainer();
    await register(beside, 'own', pid);
    expect(readdirSync(join(directory, 'machines'))).toEqual([]);
    expect(readdirSync(join(directory, 'mymachines/machines'))).toContain('own');
    await beside.stop();
    expect(statSync(machined.machineSocket).ino).toBe(ino);
    expect(readdirSync(join(directory, 'userdb'))).toEqual(['io.systemd.Machine']);
    beside = await start();
    await unregister(beside, 'own');
  });

  it('is not there twice', async () => {
    const again = await mymachines('serve', '--runtime-dir', directory, '--bus=none', '--source=machine1');
    expect(again).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`${directory}/mymachines is in use by another mymachines`),
    });
    expect(await call(beside, 'List', { name: '.host' })).toHaveProperty('parameters');
  });

  it('answers for the machines of both, and the other knows nothing of it', async () => {
    const [one, two] = [await startContainer({ addresses: ['10.88.1.2/24'] }), await startContainer()];
    await register(machined, 'theirs', one.pid);
    await register(beside, 'ours', two.pid);
    await awaitLeader('theirs', one.pid);
    expect(await leaderOf(beside, 'ours')).toBe(two.pid);
    expect(await call(machined, 'List', { name: 'ours' })).toEqual({
      error: 'io.systemd.Machine.NoSuchMachine',
    });
    const list = await mymachines('list', '--runtime-dir', directory, '--json=short');
    expect((JSON.parse(list.stdout) as { name: string }[]).map(({ name }) => name)).toEqual(['ours', 'theirs']);
    const found = await mymachines('resolve', 'theirs', '--runtime-dir', directory, '--no-legend');
    expect(found.stdout).toMatch(/^theirs +10\.88\.1\.2\n$/);
    await unregister(beside, 'ours');
    await unregister(machined, 'theirs');
    await awaitLeader('theirs', undefined);
  });

  it('gives the users that the other does not, and the command finds those of both', async () => {
    const [one, two] = [await startContainer({ uidBase: 900_000_000 }), await startContainer({ uidBase: 910_000_000 })];
    await register(machined, 'theirs', one.pid);
    await register(beside, 'ours', two.pid);
    await awaitLeader('theirs', one.pid);
    expect(await record(beside, 'vu-ours-33')).toMatchObject({ uid: 910_000_033, service: 'io.github.mymachines' });
    expect(await record(machined, 'vu-theirs-33')).toMatchObject({ uid: 900_000_033, service: 'io.systemd.Machine' });
    const noRecord = 'io.systemd.UserDatabase.NoRecordFound';
    expect(await record(beside, 'vu-theirs-33')).toBe(noRecord);
    expect(await record(machined, 'vu-ours-33')).toBe(noRecord);
    for (const [name, uid] of [
      ['vu-ours-33', 910_000_033],
      ['vu-theirs-33', 900_000_033],
    ] as const) {
      for (const key of [name, String(uid)]) {
        const { stdout } = await mymachines('user', key, '--runtime-dir', directory, '--json=short');
        expect(JSON.parse(stdout)).toMatchObject({ userName: name, uid });
      }
    }
    expect(await mymachines('user', 'vu-nobody-33', '--runtime-dir', directory)).toMatchObject({ status: 1 });
    await unregister(beside, 'ours');
    await unregister(machined, 'theirs');
    await awaitLeader('theirs', undefined);
  });

  it('does what is asked with its own machines, and leaves those of the other to it', async () => {
    const [one, two] = [await startContainer(), await startContainer()];
    await register(machined, 'theirs', one.pid);
    await register(beside, 'ours', two.pid);
    await awaitLeader('theirs', one.pid);
    const notSupported = { error: 'io.systemd.Machine.NotSupported' };
    for (const [method, more] of [['Unregister'], ['Terminate'], ['Kill', { signal: 9 }]] as const) {
      expect(await call(beside, method, { name: 'theirs', ...more })).toEqual(notSupported);
    }
    expect(one.alive).toBe(true);
    expect(await leaderOf(machined, 'theirs')).toBe(one.pid);
    const refused = await mymachines('unregister', 'theirs', '--runtime-dir', directory);
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/'theirs': ask that, with machinectl\.$/m),
    });
    expect(await call(beside, 'Kill', { name: 'ours', whom: 'leader', signal: 9 })).toEqual({});
    await awaitLeader('ours', undefined);
    await unregister(machined, 'theirs');
    await awaitLeader('theirs', undefined);
  });

  it('registers nothing under a name, or with a leader, that a machine of the other has', async () => {
    const [one, two] = [await startContainer(), await startContainer()];
    await register(machined, 'theirs', one.pid);
    await awaitLeader('theirs', one.pid);
    const again = { name: 'theirs', class: 'container', leader: two.pid };
    expect(await call(beside, 'Register', again)).toMatchObject({ error: 'io.systemd.Machine.MachineExists' });
    const same = { name: 'other', class: 'container', leader: one.pid };
    expect(await call(beside, 'Register', same)).toHaveProperty('error');
    expect(await leaderOf(beside, 'theirs')).toBe(one.pid);
    await unregister(machined, 'theirs');
    await awaitLeader('theirs', undefined);
  });

  it('shows the machine of the earlier source where both have the name, and the other when that has gone', async () => {
    const [one, two] = [await startContainer(), await startContainer()];
    await register(beside, 'both', two.pid);
    await register(machined, 'both', one.pid);
    await awaitLeader('both', one.pid);
    const { stdout } = await mymachines('check', '--runtime-dir', directory, '--json=short');
    const lines = JSON.parse(stdout) as { reason?: string; what: string }[];
    expect(lines.filter(({ reason }) => reason === 'source_conflict').map(({ what }) => what)).toEqual([
      expect.stringContaining('both'),
    ]);
    // By now it is not the registry's own.
    expect(await call(beside, 'Unregister', { name: 'both' })).toMatchObject({
      error: 'io.systemd.Machine.NotSupported',
    });
    await unregister(machined, 'both');
    await awaitLeader('both', two.pid);
    await unregister(beside, 'both');
    await awaitLeader('both', undefined);
    const hidden = ' warning machine not shown name=both source=embedded because=name of=both in=machine1';
    expect(beside.log.split('\n').filter((line) => line.includes('not shown'))).toEqual([
      expect.stringContaining(hidden),
    ]);
  });

  it('has the machines of both again when it was killed', async () => {
    const [one, two] = [await startContainer(), await startContainer()];
    await register(machined, 'theirs', one.pid);
    await register(beside, 'ours', two.pid);
    await beside.stop('SIGKILL');
    // Its socket is still there, and nobody behind it: the command finds the other.
    expect(readdirSync(join(directory, 'machine'))).toContain('io.github.mymachines');
    const list = await mymachines('list', '--runtime-dir', directory, '--json=short');
    expect((JSON.parse(list.stdout) as { name: string }[]).map(({ name }) => name)).toEqual(['theirs']);
    beside = await start();
    // As soon as it answers: it is complete then.
    expect(await leaderOf(beside, 'theirs')).toBe(one.pid);
    expect(await leaderOf(beside, 'ours')).toBe(two.pid);
    await unregister(beside, 'ours');
    await unregister(machined, 'theirs');
    await awaitLeader('theirs', undefined);
    expect(beside.log).toBe('');
  });

  it('shows its own where that source comes first', async () => {
    await beside.stop();
    beside = await start([...SOURCES].reverse());
    const [one, two] = [await startContainer(), await startContainer()];
    await register(machined, 'both', one.pid);
    await awaitLeader('both', one.pid);
    expect(await call(beside, 'Register', { name: 'both', class: 'container', leader: two.pid })).toMatchObject({
      error: 'io.systemd.Machine.MachineExists',
    });
    await unregister(machined, 'both');
    await awaitLeader('both', undefined);
    await register(beside, 'both', two.pid);
    await register(machined, 'both', one.pid);
    const third = await startContainer();
    await register(machined, 'after', third.pid);
    await awaitLeader('after', third.pid);
    expect(await leaderOf(beside, 'both')).toBe(two.pid);
    await unregister(beside, 'both');
    await awaitLeader('both', one.pid);
    await unregister(machined, 'both');
    await unregister(machined, 'after');
    await beside.stop();
    beside = await start();
  });

  it('says each time that the bus has gone, why it is not there, and that it is there again', async () => {
    const told = (what: string): number => beside.wholeLog.split(` ${what} bus=`).length - 1;
    const all = (): number[] => ['on the bus', 'not on the bus any more'].map(told);
    const whyNot = (): number => told('waiting for the bus');
    expect([...all(), whyNot()]).toEqual([1, 0, 0]);
    for (const times of [1, 2]) {
      const before = whyNot();
      await bus.kill();
      await vi.waitFor(() => expect(all()).toEqual([times, times]), 5000);
      // It may be told twice: the socket is refused first, and gone while the bus makes a new one.
      await vi.waitFor(() => expect(whyNot()).toBeGreaterThan(before), 5000);
      await bus.start();
      await vi.waitFor(() => expect(all()).toEqual([times + 1, times]), 5000);
    }
  });

  it('registers nothing where it only looks on, and says who does', async () => {
    await beside.stop();
    beside = await start(['--source=machine1']);
    const { pid } = await startContainer();
    const request = ['register', 'new', `--leader=${pid}`, '--runtime-dir', directory];
    expect(await mymachines(...request)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("systemd-machined does with 'new': ask that"),
    });
    await register(machined, 'new', pid);
    await awaitLeader('new', pid);
    await unregister(machined, 'new');
    await awaitLeader('new', undefined);
    await beside.stop();
    beside = await start();
  });
});

describe('the sources of mymachines serve', () => {
  it.each([
    [['--source=libvirt'], "--source= takes machine1 or embedded, each once, not 'libvirt'"],
    [['--source='], "not ''"],
    [['--source=machine1', '--source=machine1'], "each once, not 'machine1'"],
    [['--source=__proto__'], "not '__proto__'"],
  ])('%j make no sense', async (words, reason) => {
    const { status, stderr } = await mymachines('serve', ...words, '--runtime-dir=/nonexistent/x');
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(reason) });
  });
});
