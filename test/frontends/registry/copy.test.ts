import { expect, test, vi } from 'vitest';
import { MachineError } from '../../../src/machine/errors.ts';
import type { CopyProgress, CopyRequest } from '../../../src/machine/inside-operations.ts';
import type { Caller } from '../../../src/machine/operations.ts';
import { VarlinkClient } from '../../../src/varlink/index.ts';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { startRegistryService } from './service.ts';

const method = 'io.github.mymachines.Registry.Copy';

/** A registry whose copies tell and end when they are let. */
async function service() {
  const asked: { machine: string; request: CopyRequest; caller: Caller }[] = [];
  const running: { tell(progress: CopyProgress): void; end(error?: Error): void }[] = [];
  const { registry, path, server } = startRegistryService('netlink', {}, ({ name: machine }, request, caller, tell) => {
    asked.push({ machine, request, caller });
    return new Promise((resolve, reject) => {
      caller.left?.addEventListener('abort', () => reject(new MachineError('timed-out', 'nobody waits')));
      running.push({
        tell: (progress) => tell?.(progress),
        end: (error) => (error === undefined ? resolve() : reject(error)),
      });
    });
  });
  registry.add(sampleMachine('web'));
  const client = await VarlinkClient.connect(path);
  return { asked, running, client, server };
}

const parameters = { name: 'web', direction: 'to', source: '/srv/x' };

test('tells how far it has got, of which the last is kept while nobody reads, and then that it is done', async () => {
  const { asked, running, client } = await service();
  const replies = client.stream(method, { ...parameters, destination: '/y', replace: true });
  const first = replies.next();
  await vi.waitFor(() => expect(running).toHaveLength(1));
  expect(asked[0]).toMatchObject({
    machine: 'web',
    request: { direction: 'to', source: '/srv/x', destination: '/y', replace: true },
    caller: { interactive: false },
  });
  running[0]?.tell({ bytes: 1, files: 0 });
  expect((await first).value).toEqual({ bytes: 1, files: 0 });
  running[0]?.tell({ bytes: 2, files: 1 });
  running[0]?.tell({ bytes: 3, files: 2 });
  expect((await replies.next()).value).toEqual({ bytes: 3, files: 2 });
  running[0]?.end();
  expect((await replies.next()).value).toEqual({ bytes: 3, files: 2 });
  expect((await replies.next()).done).toBe(true);
  client.close();
});

test('answers once without more', async () => {
  const { running, client } = await service();
  const reply = client.call(method, parameters);
  await vi.waitFor(() => expect(running).toHaveLength(1));
  running[0]?.tell({ bytes: 5, files: 1 });
  running[0]?.end();
  expect(await reply).toEqual({ bytes: 5, files: 1 });
  client.close();
});

test.each([false, true])('says why it came to nothing (with more: %j)', async (more) => {
  const { asked, running, client } = await service();
  const ask = (given: object) => {
    const all = { ...parameters, ...given };
    return more ? client.stream(method, all).next() : client.call(method, all);
  };
  await expect(ask({ source: 'srv' })).rejects.toMatchObject({ error: 'org.varlink.service.InvalidParameter' });
  expect(asked).toEqual([]);
  const other = await service();
  const failing = more ? other.client.stream(method, parameters).next() : other.client.call(method, parameters);
  failing.catch(() => {});
  await vi.waitFor(() => expect(other.running).toHaveLength(1));
  other.running[0]?.end(new MachineError('too-many-operations', 'enough'));
  await expect(failing).rejects.toMatchObject({ error: 'io.systemd.Machine.TooManyOperations' });
  const third = await service();
  const nobody = third.client.call(method, { ...parameters, name: 'nope' });
  await expect(nobody).rejects.toMatchObject({ error: 'io.github.mymachines.Registry.NoSuchMachine' });
  expect(running).toEqual([]);
  for (const { client: one } of [other, third]) one.close();
  client.close();
});

test('ends when its caller leaves, and nothing of it stays', async () => {
  const { asked, running, client, server } = await service();
  const replies = client.stream(method, parameters);
  const first = replies.next();
  await vi.waitFor(() => expect(running).toHaveLength(1));
  running[0]?.tell({ bytes: 1, files: 1 });
  await first;
  client.close();
  await vi.waitFor(() => expect(asked[0]?.caller.left?.aborted).toBe(true));
  await vi.waitFor(() => expect(server.connections).toBe(0));
});
