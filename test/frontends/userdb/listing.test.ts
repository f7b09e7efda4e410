import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { userDatabase } from '../../../src/frontends/userdb/handlers.ts';
import type { KnownAccounts } from '../../../src/machine/accounts.ts';
import { Registry } from '../../../src/machine/registry.ts';
import { listen, VarlinkClient, VarlinkError, VarlinkServer } from '../../../src/varlink/index.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { ask } from '../../support/raw-varlink.ts';

const service = 'io.systemd.Machine';
const onClose: (() => void)[] = [];
afterEach(() => {
  for (const step of onClose.splice(0).reverse()) step();
});

/** A service with so many containers that name so many users and groups each. */
async function serve(machines: number, ids: number, others: Partial<KnownAccounts> = {}): Promise<string> {
  const registry = new Registry();
  for (let index = 0; index < machines; index++) {
    registry.add(sampleMachine(`m${index}`, { uidMap: `0 ${100_000 + 1000 * index} 1000` }));
  }
  const all = Array.from({ length: ids }, (_, id) => id);
  const accounts = { of: () => ({ users: all, groups: all }), refresh: () => {}, ...others };
  const directory = mkdtempSync(join(tmpdir(), 'mymachines-userdb-'));
  const server = new VarlinkServer({ vendor: 'v', product: 'p', version: '1', url: 'https://example.com' });
  server.add(userDatabase({ registry, service, accounts })).serve(await listen({ path: join(directory, 'socket') }));
  onClose.push(() => rmSync(directory, { recursive: true }));
  onClose.push(() => server.close());
  return join(directory, 'socket');
}

/** All records, or the error that there is instead. */
async function list(path: string, method: 'GetUserRecord' | 'GetGroupRecord', parameters: object = {}) {
  const client = await VarlinkClient.connect(path);
  try {
    const records: Record<string, unknown>[] = [];
    const replies = client.stream(`io.systemd.UserDatabase.${method}`, { service, ...parameters });
    for await (const { record } of replies) records.push(record as Record<string, unknown>);
    return records;
  } catch (error) {
    if (error instanceof VarlinkError) return error.error;
    throw error;
  } finally {
    client.close();
  }
}

describe('all users and groups', () => {
  it('are listed where that is wanted', async () => {
    let refreshed = 0;
    const path = await serve(2, 2, { refresh: () => void refreshed++ });
    const users = await list(path, 'GetUserRecord');
    expect(users).toHaveLength(4);
    expect((users as { userName: string }[]).map(({ userName }) => userName)).toEqual([
      ...['vu-m0-0', 'vu-m0-1', 'vu-m1-0', 'vu-m1-1'],
    ]);
    const { parameters } = await ask(path, 'io.systemd.UserDatabase.GetUserRecord', { uid: 101_001, service });
    expect((users as object[])[3]).toEqual((parameters as { record: object }).record);
    expect(await list(path, 'GetGroupRecord', { gidMin: 101_000, gidMax: 101_000 })).toEqual([
      { groupName: 'vg-m1-0', gid: 101_000, description: 'GID 0 of Container m1', service, disposition: 'container' },
    ]);
    expect(refreshed).toBe(2);
  });

  it('are nobody where there is nobody, or the filter excludes all', async () => {
    expect(await list(await serve(0, 1), 'GetUserRecord')).toBe('io.systemd.UserDatabase.NoRecordFound');
    const path = await serve(3, 3);
    expect(await list(path, 'GetUserRecord', { uidMin: 200_000 })).toBe('io.systemd.UserDatabase.NoRecordFound');
    expect(await list(path, 'GetGroupRecord', { dispositionMask: [] })).toBe('io.systemd.UserDatabase.NoRecordFound');
  });

  it('are told only to who takes several replies, and to the service that was asked', async () => {
    const path = await serve(1, 1);
    expect(await ask(path, 'io.systemd.UserDatabase.GetUserRecord', { service })).toEqual({
      error: 'org.varlink.service.ExpectedMore',
    });
    expect(await list(path, 'GetUserRecord', { service: 'other' })).toBe('io.systemd.UserDatabase.BadService');
  });

  it('delay nobody, however many ask for them with whatever filter', async () => {
    const path = await serve(200, 50);
    // As much as a filter can cost, and none passes.
    const fuzzyNames = Array.from({ length: 100 }, (_, index) => `xx-xxxxx-${index + 10}`);
    // Most of these are still at it when the service ends.
    for (let count = 1; count < 20; count++) list(path, 'GetUserRecord', { fuzzyNames }).catch(() => {});
    let over = false;
    const listed = list(path, 'GetUserRecord').finally(() => {
      over = true;
    });
    const times: number[] = [];
    const client = await VarlinkClient.connect(path);
    while (!over) {
      const start = performance.now();
      await client.call('io.systemd.UserDatabase.GetUserRecord', { uid: 100_000, service });
      times.push(performance.now() - start);
    }
    client.close();
    expect(await listed).toHaveLength(10_000);
    const longest = Math.max(...times.slice(-100_000));
    console.log(`${times.length} answers meanwhile, ${longest.toFixed(0)} ms at most`);
    // One such list by itself, without turns, takes many seconds.
    expect(longest).toBeLessThan(2000);
  }, 60_000);
});
