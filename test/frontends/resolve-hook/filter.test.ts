import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Filter } from '../../../src/frontends/resolve-hook/filter.ts';
import { resolveHook } from '../../../src/frontends/resolve-hook/handlers.ts';
import { description } from '../../../src/frontends/resolve-hook/io.systemd.Resolve.Hook.ts';
import { parseMachineName } from '../../../src/machine/machine-name.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { HostNames } from '../../../src/resolver/host-names.ts';
import { listen, VarlinkClient, VarlinkServer } from '../../../src/varlink/index.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { sampleAddress } from '../../resolver/sample-address.ts';

let registry: Registry;
let hostNames: HostNames;
let filter: Filter;
let directory: string;
let server: VarlinkServer;
let client: VarlinkClient;

beforeEach(async () => {
  registry = new Registry();
  hostNames = new HostNames(registry, { hostAddresses: () => [] });
  filter = new Filter(hostNames);
  directory = mkdtempSync(join(tmpdir(), 'mymachines-hook-'));
  server = new VarlinkServer({ vendor: 'v', product: 'p', version: '1', url: 'https://example.com' });
  const path = join(directory, 'socket');
  server.add(resolveHook({ hostNames, filter, metadata: { refresh: () => {} } })).serve(await listen({ path }));
  client = await VarlinkClient.connect(path);
});
afterEach(() => {
  client.close();
  server.close();
  filter.close();
  hostNames.close();
  rmSync(directory, { recursive: true });
});

function readdress(name: string, ...lines: readonly string[]): void {
  const addresses = lines.map(sampleAddress);
  registry.update(parseMachineName(name), (machine) => ({ ...machine, facts: { ...machine.facts, addresses } }));
}

/** Collects what is pushed from now on. */
function follow(): (readonly string[] | null | undefined)[] {
  const told: (readonly string[] | null | undefined)[] = [];
  void (async () => {
    for await (const { filterDomains } of client.use(description).stream('QueryFilter')) told.push(filterDomains);
  })().catch(() => {});
  return told;
}

test('is told at once, empty where there is nothing', async () => {
  expect(await client.use(description).call('QueryFilter')).toEqual({ filterDomains: [] });
  const told = follow();
  await vi.waitFor(() => expect(told).toEqual([[]]));
});

test('has the names of machines and those of their addresses in reverse', async () => {
  registry.add(sampleMachine('.host', { class: 'host' }));
  registry.add(sampleMachine('web'));
  registry.add(sampleMachine('b.example', { class: 'vm' }));
  registry.add(sampleMachine('L'.repeat(64)));
  readdress('web', '10.0.0.1 global 2', 'fd00::1 global 2', '127.0.0.2 global 2');
  expect(await client.use(description).call('QueryFilter')).toEqual({
    filterDomains: [
      'web',
      'b.example',
      '1.0.0.10.in-addr.arpa',
      '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa',
    ],
  });
});

test('is pushed when it changes, once for what changes together, and not when it is the same', async () => {
  const told = follow();
  await vi.waitFor(() => expect(told).toHaveLength(1));
  registry.add(sampleMachine('web'));
  registry.add(sampleMachine('db'));
  await vi.waitFor(() => expect(told).toHaveLength(2));
  registry.update(parseMachineName('web'), (machine) => ({ ...machine, service: 'another' }));
  registry.add(sampleMachine('short'));
  registry.remove(parseMachineName('short'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  readdress('web', '10.0.0.1 global 2');
  await vi.waitFor(() => expect(told).toHaveLength(3));
  registry.remove(parseMachineName('web'));
  registry.remove(parseMachineName('db'));
  await vi.waitFor(() => expect(told).toHaveLength(4));
  expect(told).toEqual([[], ['web', 'db'], ['web', 'db', '1.0.0.10.in-addr.arpa'], []]);
});

test('is pushed to everybody who follows, and to nobody who has gone', async () => {
  const second = await VarlinkClient.connect(join(directory, 'socket'));
  const gone = second.use(description).stream('QueryFilter');
  await gone.next();
  const told = follow();
  await vi.waitFor(() => expect(told).toHaveLength(1));
  registry.add(sampleMachine('web'));
  expect((await gone.next()).value).toEqual({ filterDomains: ['web'] });
  second.close();
  await vi.waitFor(() => expect(server.connections).toBe(1));
  registry.add(sampleMachine('db'));
  await vi.waitFor(() => expect(told).toEqual([[], ['web'], ['web', 'db']]));
});

test('is made once for all who follow, and again only when it is another', async () => {
  registry.add(sampleMachine('web'));
  const end = new AbortController();
  const followers = Array.from({ length: 3 }, () => filter.follow(end.signal));
  const next = async () => new Set((await Promise.all(followers.map((each) => each.next()))).map(({ value }) => value));
  const first = await next();
  expect(first).toEqual(new Set([filter.reply]));
  expect(first.size).toBe(1);
  registry.update(parseMachineName('web'), (machine) => ({ ...machine, service: 'another' }));
  expect(first).toContain(filter.reply);
  const waiting = next();
  registry.add(sampleMachine('db'));
  const second = await waiting;
  expect([...second].map((reply) => (reply as { text: string }).text)).toEqual(['{"filterDomains":["web","db"]}']);
  expect(first).not.toContain(filter.reply);
  end.abort();
  for (const each of followers) expect(await each.next()).toEqual({ done: true, value: {} });
});

test('is pushed some fifty times a second at most, and as it is in the end', async () => {
  registry.add(sampleMachine('restless'));
  const told = follow();
  await vi.waitFor(() => expect(told).toHaveLength(1));
  const began = performance.now();
  let changes = 0;
  while (performance.now() - began < 500) {
    readdress('restless', `10.3.${changes >> 8}.${changes & 255} global 2`);
    changes++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  readdress('restless', '10.9.9.9 global 2');
  await vi.waitFor(() => expect(told.at(-1)).toEqual(['restless', '9.9.9.10.in-addr.arpa']));
  expect(changes).toBeGreaterThan(100);
  expect(told.length).toBeLessThan(2 + (performance.now() - began) / 20);
  // Time passes, and the next change is told at once.
  await new Promise((resolve) => setTimeout(resolve, 30));
  const count = told.length;
  registry.remove(parseMachineName('restless'));
  await vi.waitFor(() => expect(told).toHaveLength(count + 1));
});

test('has whole trees instead of thousands of addresses', async () => {
  registry.add(sampleMachine('crowd'));
  const lines = (count: number) => Array.from({ length: count }, (_, i) => `10.1.${i >> 8}.${i & 255} global 2`);
  readdress('crowd', ...lines(2048));
  expect(filter.domains).toHaveLength(2049);
  readdress('crowd', ...lines(2049));
  expect(filter.domains).toEqual(['crowd', 'in-addr.arpa', 'ip6.arpa']);
});

test('of many machines is made anew in a moment', () => {
  for (let n = 0; n < 2000; n++) {
    registry.add(sampleMachine(`machine-${n}`));
    readdress(`machine-${n}`, `10.2.${n >> 8}.${n & 255} global 2`);
  }
  expect(filter.domains).toHaveLength(4000);
  const times = Array.from({ length: 51 }, (_, n) => {
    readdress('machine-0', `10.3.0.${n} global 2`);
    const began = performance.now();
    expect(filter.domains).toContain(`${n}.0.3.10.in-addr.arpa`);
    return performance.now() - began;
  }).sort((a, b) => a - b);
  console.info(`a change among 2000 machines: ${times[25]?.toFixed(1)} ms`);
  expect(times[25]).toBeLessThan(50);
});
