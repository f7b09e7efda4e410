import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Log } from '../../../src/daemon/log/log.ts';
import { startWatchdog, watchdogTime } from '../../../src/daemon/watchdog/watchdog.ts';
import { Crowd } from '../../support/crowd.ts';
import { DaemonProcess, openDirectory } from '../../support/daemon-process.ts';
import { ServiceManager } from '../../support/service-manager.ts';

describe('watchdogTime', () => {
  it.each([
    [{ WATCHDOG_USEC: '10000000' }, 10_000],
    [{ WATCHDOG_USEC: '10000000', WATCHDOG_PID: '17' }, 10_000],
    [{ WATCHDOG_USEC: '10000000', WATCHDOG_PID: '18' }, undefined],
    [{ WATCHDOG_USEC: '1500' }, 1.5],
    [{ WATCHDOG_USEC: '9999999999999999' }, 2 ** 31 - 1],
    [{ WATCHDOG_USEC: '99999999999999999' }, undefined],
    [{ WATCHDOG_USEC: '0' }, undefined],
    [{ WATCHDOG_USEC: '-1' }, undefined],
    [{ WATCHDOG_USEC: '1e9' }, undefined],
    [{ WATCHDOG_USEC: '' }, undefined],
    [{ WATCHDOG_PID: '17' }, undefined],
    [{}, undefined],
  ])('%j is %s milliseconds', (environment, time) => {
    expect(watchdogTime(environment, 17)).toBe(time);
  });
});

/** Milliseconds, long enough for an answer also on a busy machine. */
const TIME = 500;
const PATIENCE = TIME / 2;

describe('the watchdog', () => {
  let directory: string;
  let log: string;
  let fed: number;
  const servers: Server[] = [];
  const replies = new Map<string, string | undefined>();

  /** A Varlink service that gives the same reply to everything, or none. */
  async function serve(name: string, reply: string | undefined): Promise<string> {
    const path = join(directory, name);
    replies.set(name, reply);
    const answer = (socket: Socket) => (): void => {
      const text = replies.get(name);
      if (text !== undefined) socket.write(`${text}\0`);
    };
    const server = createServer((socket) => socket.on('error', () => {}).on('data', answer(socket)));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    servers.push(server);
    return path;
  }

  function start(sockets: readonly string[], error?: string): void {
    const lookups = sockets.map((socket) => ({
      socket,
      method: 'org.example.Ask',
      parameters: {},
      ...(error !== undefined && { error }),
    }));
    const feed = () => void fed++;
    const stop = startWatchdog({ time: TIME, lookups, feed, log: new Log(7, (line) => (log += line), true) });
    onTestFinished(stop);
  }

  beforeEach(() => {
    directory = openDirectory('mymachines-watchdog-');
    log = '';
    fed = 0;
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await sleep(1.2 * PATIENCE);
    rmSync(directory, { recursive: true });
  });

  it('is fed for as long as every socket answers, and says which does not', async () => {
    const sockets = [await serve('one', '{}'), await serve('two', '{}')];
    start(sockets);
    await vi.waitFor(() => expect(fed).toBeGreaterThan(3), 5000);
    replies.set('two', undefined);
    // A lookup may be on its way.
    await sleep(1.2 * PATIENCE);
    const before = fed;
    await sleep(4 * PATIENCE);
    expect(fed).toBe(before);
    expect(log).toBe(
      `<3>a lookup of our own is not answered socket=${sockets[1]} error="no answer within ${PATIENCE} ms"\n`,
    );
    replies.set('two', '{}');
    await vi.waitFor(() => expect(fed).toBeGreaterThan(before + 1), 5000);
  });

  it.each([
    ['an error', '{"error":"org.example.Wrong"}', undefined],
    ['another error', '{"error":"org.example.Wrong"}', 'org.example.Right'],
    ['a reply', '{}', 'org.example.Right'],
    ['no Varlink', 'hello', undefined],
  ])('is not fed for %s', async (_, reply, error) => {
    start([await serve('one', reply)], error);
    await vi.waitFor(() => expect(log).toContain('a lookup of our own is not answered'));
    await sleep(3 * PATIENCE);
    expect(fed).toBe(0);
  });

  it('is fed for the error that is right', async () => {
    start([await serve('one', '{"error":"org.example.Right"}')], 'org.example.Right');
    await vi.waitFor(() => expect(fed).toBeGreaterThan(1));
  });

  it('is not fed where nobody listens', async () => {
    start([join(directory, 'nobody')]);
    await vi.waitFor(() => expect(log).toContain('ENOENT'));
    expect(fed).toBe(0);
  });
});

const root = process.getuid?.() === 0 ? undefined : 'not root';
if (root !== undefined) console.warn(`skipped: ${root}`);

describe.skipIf(root !== undefined)('a daemon with a service manager that watches it', () => {
  let manager: ServiceManager;
  let daemon: DaemonProcess;

  async function start(variables: Readonly<Record<string, string>>): Promise<void> {
    manager = new ServiceManager();
    const all = { ...variables, NOTIFY_SOCKET: manager.path };
    Object.assign(process.env, all);
    try {
      daemon = await DaemonProcess.start();
    } finally {
      for (const name of Object.keys(all)) delete process.env[name];
    }
  }

  const fed = () => manager.received().filter((text) => text === 'WATCHDOG=1').length;

  afterEach(async () => {
    await daemon.stop();
    manager.close();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  it('tells it that it is well twice in the time', async () => {
    await start({ WATCHDOG_USEC: '400000' });
    const said: string[] = [];
    await vi.waitFor(() => expect(said.push(...manager.received())).toBeGreaterThan(1));
    expect(said.map((text) => text.split('\n')[0]).slice(0, 2)).toEqual(['READY=1', 'WATCHDOG=1']);
    await sleep(2000);
    const count = fed();
    expect(count).toBeGreaterThan(3);
    expect(count).toBeLessThan(12);
    expect(daemon.log).toBe('');
  });

  it('does so too when root has more connections than others may, or there is no descriptor', async () => {
    await start({ WATCHDOG_USEC: '2000000' });
    const well = async (): Promise<void> => {
      await sleep(1100);
      fed();
      await vi.waitFor(() => expect(fed()).toBeGreaterThan(0), { timeout: 5000 });
    };
    const crowds = [daemon.machineSocket, daemon.userdbSocket, daemon.hookSocket].map((path) => new Crowd(path));
    for (const crowd of crowds) expect(await crowd.connect(0, 130)).toEqual({ answered: 130, closed: 0 });
    await well();
    for (const crowd of crowds) crowd.stop();
    await vi.waitFor(() => expect(daemon.descriptors).toBeLessThan(128));
    execFileSync('prlimit', ['--pid', `${daemon.pid}`, `--nofile=${daemon.descriptors - 3}:`]);
    await well();
  });

  it('does so too when there are a few descriptors, but not for both ends of all its lookups', async () => {
    await start({ WATCHDOG_USEC: '400000' });
    await vi.waitFor(() => expect(fed()).toBeGreaterThan(0));
    await sleep(500);
    const counts = await Promise.all(Array.from({ length: 50 }, (_, at) => sleep(at).then(() => daemon.descriptors)));
    for (const free of [0, 1, 2, 4, 6]) {
      execFileSync('prlimit', ['--pid', `${daemon.pid}`, `--nofile=${Math.min(...counts) + free}:`]);
      await sleep(500);
      fed();
      await sleep(1000);
      expect(fed(), `${free} left`).toBeGreaterThan(1);
    }
  }, 60_000);

  it('ends with all that it has opened where it cannot be told', async () => {
    manager = new ServiceManager();
    const variables = { WATCHDOG_USEC: '10000000', NOTIFY_SOCKET: 'vsock:2:1' };
    Object.assign(process.env, variables);
    try {
      daemon = await DaemonProcess.start();
    } finally {
      for (const name of Object.keys(variables)) delete process.env[name];
    }
    await vi.waitFor(() => expect(daemon.alive).toBe(false), { timeout: 5000 });
    expect(await daemon.stop()).toBe(1);
    expect(daemon.wholeLog).toContain(
      'mymachines: NOTIFY_SOCKET is "vsock:2:1", neither a path nor an abstract name\n',
    );
    expect(existsSync(daemon.machineSocket)).toBe(false);
  });

  it.each([[{}], [{ WATCHDOG_USEC: '200000', WATCHDOG_PID: '1' }]])('says nothing of it with %j', async (variables) => {
    await start(variables);
    await sleep(600);
    expect(fed()).toBe(0);
  });
});
