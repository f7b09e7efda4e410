import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectBus } from '../support/bus.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { DBusDaemon, dbusDaemonUnavailable } from '../support/dbus-daemon.ts';
import { type Container, containersUnavailable, startContainers, stopAllContainers } from '../support/namespaces.ts';
import { ask, askAll } from '../support/raw-varlink.ts';
import { BusCaller, VarlinkCaller } from './callers.ts';

const unavailable = containersUnavailable() ?? dbusDaemonUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const NAME = 'org.freedesktop.machine1';
const MANAGER = { destination: NAME, path: '/org/freedesktop/machine1', interface: `${NAME}.Manager` };
const MACHINES = 100;
const ROUNDS = 8;
/** Milliseconds from when the bus takes connections again. */
const BACK_WITHIN = 2000;

describe.skipIf(unavailable !== undefined)('a bus that goes away', { timeout: 120_000 }, () => {
  let bus: DBusDaemon;
  let daemon: DaemonProcess;
  const onEnd: (() => unknown)[] = [];

  afterEach(async () => {
    await stopAllContainers();
    for (const step of onEnd.reverse()) await step();
    onEnd.length = 0;
  }, 60_000);

  const makeBus = (): void => {
    const made = new DBusDaemon();
    onEnd.push(() => made.stop());
    bus = made;
  };

  const startDaemon = async (directory = mkdtempSync(join(tmpdir(), 'mymachines-test-'))): Promise<void> => {
    onEnd.push(() => rmSync(directory, { recursive: true }));
    const started = await DaemonProcess.start(directory, { bus: bus.address });
    onEnd.push(() => started.stop());
    daemon = started;
  };

  const register = async (containers: readonly Container[], name: (index: number) => string): Promise<void> => {
    const calls = containers.map(({ pid }, index) => ({
      method: 'io.systemd.Machine.Register',
      parameters: { name: name(index), class: 'container', leader: pid },
    }));
    expect((await askAll(daemon.machineSocket, calls)).filter((reply) => reply.includes('"error"'))).toEqual([]);
  };

  /** Milliseconds until the daemon has its name. */
  const untilOwned = async (): Promise<number> => {
    const started = performance.now();
    const client = await connectBus(bus.address);
    const request = { destination: 'org.freedesktop.DBus', path: '/', interface: 'org.freedesktop.DBus' };
    const owned = async (): Promise<void> => {
      await client.call({ ...request, member: 'GetNameOwner', signature: 's', body: [NAME] });
    };
    await vi.waitFor(owned, { timeout: 20_000, interval: 5 });
    client.close();
    return performance.now() - started;
  };

  const listed = async (): Promise<string[]> => {
    const client = await connectBus(bus.address);
    const [machines] = await client.call({ ...MANAGER, member: 'ListMachines' });
    client.close();
    return (machines as string[][]).map(([name]) => name as string).filter((name) => name !== '.host');
  };

  /** That MachineNew and MachineRemoved come for a machine that begins and ends. */
  const expectSignals = async (name: string): Promise<void> => {
    const client = await connectBus(bus.address);
    const heard: unknown[] = [];
    await client.match({ sender: NAME, interface: MANAGER.interface }, ({ member, body }) =>
      heard.push([member, body[0]]),
    );
    const [container] = await startContainers(1);
    await register([container as Container], () => name);
    await vi.waitFor(() => expect(heard).toEqual([['MachineNew', name]]), 2000);
    await container?.stop();
    await vi.waitFor(() => expect(heard[1]).toEqual(['MachineRemoved', name]), 2000);
    client.close();
  };

  it('takes no registration with it and holds up nobody on Varlink, and the name is back with it', async () => {
    makeBus();
    await bus.start();
    await startDaemon();
    await register(await startContainers(MACHINES), (index) => `m${index}`);
    const names = Array.from({ length: MACHINES }, (_, index) => `m${index}`);
    await untilOwned();
    await expectSignals('before');
    const descriptors = daemon.descriptors;

    const overVarlink = Array.from({ length: 3 }, () => new VarlinkCaller(daemon.machineSocket, names));
    const overBus = Array.from({ length: 3 }, () => new BusCaller(bus.address, names));
    onEnd.push(...[...overVarlink, ...overBus].map((caller) => () => caller.stop()));

    const times: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await untilAll(overBus, 50);
      await bus.kill();
      const before = overVarlink.map(({ answers }) => answers);
      // Shorter and longer than any pause between two attempts.
      await sleep([0, 20, 300, 1500][round % 4] as number);
      await untilAll(overVarlink, 50);
      // Whoever registers meanwhile is not lost either.
      await register(await startContainers(1), () => `without${round}`);
      names.push(`without${round}`);
      expect(overVarlink.every(({ answers }, index) => answers > (before[index] as number))).toBe(true);
      await bus.start();
      times.push(await untilOwned());
      expect((await listed()).sort()).toEqual([...names].sort());
      await expectSignals(`round${round}`);
      await untilAll(overBus, 50);
      memory.push(daemon.residentMemory);
    }
    console.info(`the name was owned again after ${times.map((time) => Math.round(time)).join(', ')} ms`);
    expect(Math.max(...times)).toBeLessThan(BACK_WITHIN);

    for (const caller of [...overVarlink, ...overBus]) await caller.stop();
    expect(overVarlink.map(({ wrong }) => wrong)).toEqual([[], [], []]);
    expect(Math.max(...overVarlink.map(({ longest }) => longest))).toBeLessThan(1000);
    // What went wrong is that there was no bus, or nobody with the name on it yet: never that there is no such machine.
    expect(overBus.flatMap(({ wrong }) => wrong)).toEqual([]);
    // Every machine more has a pidfd.
    await vi.waitFor(() => expect(daemon.descriptors).toBe(descriptors + ROUNDS), 2000);
    const megabytes = memory.map((bytes) => Math.round(bytes / 1e6));
    console.info(`memory after each time, in MB: ${megabytes.join(', ')}`);
    expect((megabytes.at(-1) as number) - (megabytes[2] as number)).toBeLessThan(20);
    // The log says each time that the bus went and why it cannot be had, not so for every attempt.
    expect(daemon.log.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(2 * ROUNDS);
  });

  it('may be stuck for a while, which holds up nobody on Varlink, and then hears all that was said to it', async () => {
    makeBus();
    await bus.start();
    await startDaemon();
    await untilOwned();
    const client = await connectBus(bus.address);
    const heard: unknown[] = [];
    await client.match({ sender: NAME, member: 'MachineNew' }, ({ body }) => heard.push(body[0]));
    const containers = await startContainers(MACHINES);
    bus.pause();
    const asked = performance.now();
    await register(containers, (index) => `m${index}`);
    expect(await ask(daemon.machineSocket, 'io.systemd.Machine.List', { name: 'm99' })).toHaveProperty('parameters');
    expect(performance.now() - asked).toBeLessThan(2000);
    bus.resume();
    await vi.waitFor(() => expect(heard).toHaveLength(MACHINES), 5000);
    expect(heard).toEqual(containers.map((_, index) => `m${index}`));
    client.close();
  });

  it('may be missing when the daemon starts, and come later', async () => {
    makeBus();
    await startDaemon();
    const [container] = await startContainers(1);
    await register([container as Container], () => 'early');
    await sleep(1500);
    await bus.start();
    expect(await untilOwned()).toBeLessThan(BACK_WITHIN);
    expect(await listed()).toEqual(['early']);
    await expectSignals('late');
  });

  it('may take connections and say nothing: users are found, and who registers waits for one that speaks', async () => {
    makeBus();
    const connections: Socket[] = [];
    const silent = createServer((socket) => connections.push(socket.on('error', () => {}).resume()));
    silent.listen(bus.socket);
    await once(silent, 'listening');
    onEnd.push(() => silent.close());

    const directory = mkdtempSync(join(tmpdir(), 'mymachines-test-'));
    const starting = startDaemon(directory);
    starting.catch(() => {});
    await vi.waitFor(() => expect(connections).not.toEqual([]), 5000);
    const [container] = await startContainers(1);
    const parameters = { name: 'early', class: 'container', leader: container?.pid };
    const registered = askAll(join(directory, 'machine/io.systemd.Machine'), [
      { method: 'io.systemd.Machine.Register', parameters },
    ]);
    // A bus may itself be waiting for this (getpwuid(3) by way of nss-systemd).
    const asked = performance.now();
    const user = { uid: 1, service: 'io.systemd.Machine' };
    const answer = await ask(
      join(directory, 'userdb/io.systemd.Machine'),
      'io.systemd.UserDatabase.GetUserRecord',
      user,
    );
    expect(answer).toMatchObject({ error: 'io.systemd.UserDatabase.NoRecordFound' });
    expect(performance.now() - asked).toBeLessThan(1000);

    // It gives way to one that speaks.
    await new Promise((resolve) => {
      silent.close(resolve);
      for (const socket of connections) socket.destroy();
    });
    await bus.start();
    expect(await untilOwned()).toBeLessThan(BACK_WITHIN);
    await starting;
    expect(await registered).toEqual(['{}']);
    expect(await listed()).toEqual(['early']);
  });

  it('may say nothing for ever: the daemon goes on without it, and tries again', async () => {
    makeBus();
    let opened = 0;
    let open = 0;
    const silent = createServer((socket) => {
      opened += 1;
      open += 1;
      socket
        .on('error', () => {})
        .on('close', () => (open -= 1))
        .resume();
    });
    silent.listen(bus.socket);
    await once(silent, 'listening');
    onEnd.push(() => silent.close());
    await startDaemon();
    await register(await startContainers(1), () => 'early');
    await vi.waitFor(() => expect(opened).toBeGreaterThanOrEqual(2), { timeout: 30_000, interval: 100 });
    expect(open).toBeLessThanOrEqual(1);
  });
});

async function untilAll(callers: readonly { readonly answers: number }[], more: number): Promise<void> {
  const goals = callers.map(({ answers }) => answers + more);
  await vi.waitFor(
    () => {
      const missing = callers.filter(({ answers }, index) => answers < (goals[index] as number));
      expect(missing).toEqual([]);
    },
    { timeout: 10_000, interval: 5 },
  );
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
