import { EventEmitter, once } from 'node:events';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { description } from '../../src/frontends/resolve-hook/io.systemd.Resolve.Hook.ts';
import { VarlinkClient } from '../../src/varlink/index.ts';
import { changeAddresses, expectNoneLost, sameAddresses } from '../support/address-changes.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { IpBatch } from '../support/ip-batch.ts';
import {
  type Container,
  containersUnavailable,
  startContainer,
  startContainers,
  stopAllContainers,
} from '../support/namespaces.ts';
import { ask, askAll } from '../support/raw-varlink.ts';

const unavailable = containersUnavailable();
if (unavailable !== undefined) console.warn(`skipped: ${unavailable}`);
if (unavailable !== undefined && process.env['CI']) throw new Error(unavailable);

/** Milliseconds from a change to its being told, and answered. */
const FRESH = 50;
const [A, PTR] = [1, 12];
const REVERSE = '.in-addr.arpa';

const reverseOf = (address: string): string => `${address.split('.').reverse().join('.')}${REVERSE}`;

describe.skipIf(unavailable !== undefined)('the hook, while addresses change', () => {
  let daemon: DaemonProcess;
  const clients: VarlinkClient[] = [];
  /** The addresses in the filter, at each push. */
  let pushed: string[][];
  const news = new EventEmitter();

  /** Follows the filter from now on, as systemd-resolved does. */
  const follow = async (): Promise<void> => {
    const client = await VarlinkClient.connect(daemon.hookSocket);
    clients.push(client);
    pushed = [];
    void (async () => {
      for await (const { filterDomains } of client.use(description).stream('QueryFilter')) {
        const reverse = (filterDomains ?? []).filter((name) => name.endsWith(REVERSE));
        pushed.push(reverse.map((name) => name.slice(0, -REVERSE.length).split('.').reverse().join('.')));
        news.emit('push');
      }
    })().catch(() => {});
    await until(() => pushed.length > 0);
  };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await once(news, 'push');
  };
  const register = async (containers: Readonly<Record<string, Container>>): Promise<void> => {
    const calls = Object.entries(containers).map(([name, { pid }]) => ({
      method: 'io.systemd.Machine.Register',
      parameters: { name, class: 'container', leader: pid },
    }));
    expect(await askAll(daemon.machineSocket, calls)).toEqual(calls.map(() => '{}'));
  };
  /** What there is of a name: addresses as text, names of machines. */
  const resolve = async (type: number, name: string): Promise<string[]> => {
    const parameters = { question: [{ key: { type, name } }] };
    const reply = await ask(daemon.hookSocket, 'io.systemd.Resolve.Hook.ResolveRecord', parameters);
    const { answer = [] } = (reply['parameters'] ?? {}) as { answer?: { rr: { address?: number[]; name?: string } }[] };
    return answer.map(({ rr }) => rr.address?.join('.') ?? rr.name ?? '');
  };

  beforeAll(async () => {
    daemon = await DaemonProcess.start();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await stopAllContainers();
    const filter = () => ask(daemon.hookSocket, 'io.systemd.Resolve.Hook.QueryFilter');
    await vi.waitFor(async () => expect(await filter()).toEqual({ parameters: { filterDomains: [] } }), 5000);
    expect(daemon.log).toBe('');
  });
  afterAll(async () => {
    await daemon.stop();
    rmSync(daemon.runtimeDirectory, { recursive: true });
  });

  // The daemon is another process, which on a busy machine may get no time within those 50 ms.
  it(`pushes the name of an added address within ${FRESH} ms, and has it`, { retry: 2 }, async () => {
    const web = await startContainer({ addresses: [] });
    await register({ web });
    await follow();
    const ip = new IpBatch(web);
    const times: number[] = [];
    for (let n = 0; n < 20; n++) {
      const address = `10.9.8.${n}`;
      await sleep(20);
      const start = performance.now();
      ip.run(`address add ${address}/24 dev host0`);
      await until(() => pushed.at(-1)?.includes(address) === true);
      times.push(performance.now() - start);
      expect(await resolve(A, 'web')).toContain(address);
      expect(await resolve(PTR, reverseOf(address))).toEqual(['web']);
    }
    await ip.end();
    console.info(`pushed after ${times.map((time) => time.toFixed(1)).join(', ')} ms`);
    // Single ones show how busy the machine is; the first has to wait for nsenter(1) and ip(8) to start.
    expect(times.sort((a, b) => a - b)[15]).toBeLessThan(FRESH);
  });

  // Nobody waits for a push here: the question is asked when the 50 ms are over.
  it(`answers with an address ${FRESH} ms after it was added`, { retry: 2 }, async () => {
    const web = await startContainer({ addresses: [] });
    await register({ web });
    for (const address of ['10.9.8.7', '10.9.8.6']) {
      await web.exec('ip', 'address', 'add', `${address}/24`, 'dev', 'host0');
      await sleep(FRESH);
      expect(await resolve(A, 'web')).toContain(address);
      expect(await resolve(PTR, reverseOf(address))).toEqual(['web']);
    }
    await web.exec('ip', 'address', 'del', '10.9.8.6/24', 'dev', 'host0');
    await sleep(FRESH);
    expect(await resolve(A, 'web')).toEqual(['10.9.8.7']);
    expect(await resolve(PTR, reverseOf('10.9.8.6'))).toEqual([]);
  });

  it('loses none of 200 changes a second, for ten seconds', { timeout: 60_000 }, async () => {
    const changes = 2000;
    const containers = await startContainers(10, () => ({ addresses: [] }));
    await register(Object.fromEntries(containers.map((container, n) => [`m${n}`, container])));
    await follow();
    const start = performance.now();
    const done = await changeAddresses(containers, changes);
    const took = performance.now() - start;
    const last = done.flatMap((states) => states.at(-1) ?? []);
    await until(() => sameAddresses(pushed.at(-1), last));
    for (const [n, states] of done.entries()) {
      const ofOne = (all: readonly string[]) => all.filter((address) => address.startsWith(`10.${n}.`));
      expectNoneLost(pushed.map(ofOne), states);
      expect(await resolve(A, `m${n}`)).toSatisfy((now: string[]) => sameAddresses(now, states.at(-1)));
    }
    for (const address of last) {
      expect(await resolve(PTR, reverseOf(address))).toEqual([`m${address.split('.')[1]}`]);
    }
    console.info(`${changes} changes in ${(took / 1000).toFixed(1)} s, ${pushed.length} pushes`);
  });
});
