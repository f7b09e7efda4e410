import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { DaemonProcess } from '../../support/daemon-process.ts';
import { type Container, containersUnavailable, startContainers, stopAllContainers } from '../../support/namespaces.ts';
import { Connection } from './calls.ts';
import { differences } from './kept.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);

const RESTARTS = Number(process.env['RESTARTS'] ?? 50);
const CLIENTS = 4;
const EACH = 6;

describe.skipIf(unavailable !== undefined)('registrations from everywhere while the daemon is killed', () => {
  let daemon: DaemonProcess;

  afterAll(async () => {
    await stopAllContainers();
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  test('are kept when they were acknowledged', { timeout: 600_000 }, async () => {
    daemon = await DaemonProcess.start();
    const containers = await startContainers(CLIENTS * EACH);
    const storm = { over: false, acknowledged: 0, cut: 0 };
    const clients = Array.from({ length: CLIENTS }, (_, index) =>
      registerAndUnregister(daemon.machineSocket, containers.slice(index * EACH, (index + 1) * EACH), storm),
    );
    // Of use when it throws: the daemon would be waited for in vain.
    const failed = Promise.all(clients);
    for (let restart = 0; restart < RESTARTS; restart++) {
      const enough = storm.acknowledged + 1 + Math.random() * 40;
      while (storm.acknowledged < enough)
        await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 1))]);
      await daemon.stop('SIGKILL');
      daemon = await DaemonProcess.start(daemon.runtimeDirectory);
    }
    storm.over = true;
    const there = (await failed).flat();
    const model = new Map(there.map(({ name, leader }) => [name, { name, leader, class: 'container' }]));
    expect(await differences(daemon, model)).toEqual([]);
    expect(storm.cut).toBeGreaterThan(0);
    expect(storm.acknowledged).toBeGreaterThan(RESTARTS * CLIENTS);
    console.info(`${storm.acknowledged} calls acknowledged, ${storm.cut} cut short by ${RESTARTS} restarts`);
  });
});

/** Undefined after a while in which there was nobody. */
async function connect(path: string): Promise<Connection | undefined> {
  const connection = await Connection.open(path);
  if (connection === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  return connection;
}

async function isThere(path: string, name: string): Promise<boolean> {
  for (;;) {
    const connection = await connect(path);
    const replies = await connection?.call('io.systemd.Machine.List', { name });
    connection?.close();
    if (replies !== undefined) return replies[0]?.error === undefined;
  }
}

/** What one client has registered of its containers at the end. Throws when something is not as it was told. */
async function registerAndUnregister(
  path: string,
  containers: readonly Container[],
  storm: { readonly over: boolean; acknowledged: number; cut: number },
): Promise<{ name: string; leader: number }[]> {
  const there = new Map<string, number>();
  let connection: Connection | undefined;
  for (let turn = 0; !storm.over; turn++) {
    const { pid: leader } = containers[(turn * 5) % containers.length] as Container;
    const name = `of-${leader}`;
    connection ??= await connect(path);
    const method = there.has(name) ? 'Unregister' : 'Register';
    const parameters = { name, ...(method === 'Register' && { class: 'container', leader }) };
    const reply = (await connection?.call(`io.systemd.Machine.${method}`, parameters))?.[0];
    if (reply?.error !== undefined) throw new Error(`${method} of ${name}: ${reply.error}`);
    if (reply === undefined) {
      if (connection === undefined) continue;
      storm.cut++;
      connection = undefined;
      // Nobody said whether it was done.
      if (await isThere(path, name)) there.set(name, leader);
      else there.delete(name);
      continue;
    }
    storm.acknowledged++;
    if (method === 'Register') there.set(name, leader);
    else there.delete(name);
  }
  connection?.close();
  return Array.from(there, ([name, leader]) => ({ name, leader }));
}
