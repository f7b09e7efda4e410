import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import koffi from 'koffi';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, listen, type Transport, VarlinkClient, VarlinkServer } from '../../src/varlink/index.ts';
import { socketPath } from './raw-peer.ts';

const info = { vendor: 'v', product: 'p', version: '1', url: 'u' };

function serve(): VarlinkServer {
  const server = new VarlinkServer(info);
  onTestFinished(() => server.close());
  return server;
}

async function vendor(address: string): Promise<unknown> {
  const client = await VarlinkClient.connect(address);
  onTestFinished(() => client.close());
  return (await client.call('org.varlink.service.GetInfo'))['vendor'];
}

describe('a service can be reached', () => {
  test('at a path, which goes when the listener is closed', async () => {
    const path = socketPath();
    const server = serve();
    server.serve(await listen({ path }));
    expect(await vendor(path)).toBe('v');
    expect(await vendor(`unix:${path}`)).toBe('v');
    server.close();
    expect(existsSync(path)).toBe(false);
  });

  test('in the abstract namespace', async () => {
    const name = `mymachines-test-${process.pid}`;
    serve().serve(await listen({ abstract: name }));
    expect(await vendor(`unix:@${name}`)).toBe('v');
  });

  test('on a descriptor that listens already', async () => {
    const name = `mymachines-test-fd-${process.pid}`;
    const original = createServer();
    await once(original.listen(`\0${name}`), 'listening');
    const { fd } = (original as unknown as { _handle: { fd: number } })._handle;
    const copy = koffi.load(null).func('int dup(int fd)')(fd) as number;
    original.close();
    serve().serve(await listen({ fd: copy }));
    expect(await vendor(`unix:@${name}`)).toBe('v');
  });

  test('by those who came before it was started', async () => {
    const path = socketPath();
    const listener = await listen({ path });
    const early = vendor(path);
    await new Promise((resolve) => setTimeout(resolve, 20));
    serve().serve(listener);
    expect(await early).toBe('v');
  });
});

describe('what the system refuses is told', () => {
  test('when there is a socket already', async () => {
    const path = socketPath();
    serve().serve(await listen({ path }));
    await expect(listen({ path })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('when there is nothing at the path, or nobody behind it', async () => {
    const path = socketPath();
    await expect(connect({ path })).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(VarlinkClient.connect(path)).rejects.toThrow(`cannot connect to ${path}: connect ENOENT ${path}`);
    const program = 'require("node:net").createServer().listen(process.argv[1], () => console.log("listening"))';
    const child = spawn(process.execPath, ['-e', program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect(connect({ path })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

test('a transport tells of drain after it has told that it is full, and of its end once', async () => {
  const path = socketPath();
  const listener = await listen({ path });
  onTestFinished(() => listener.close());
  const accepted = new Promise<Transport>((resolve) => listener.start(resolve));
  const client = await connect({ path });
  const server = await accepted;
  const events: string[] = [];
  let received = 0;
  const record = (name: string, data: (chunk: Uint8Array) => void) => ({
    data,
    drain: () => void events.push(`${name} drain`),
    ended: () => void events.push(`${name} ended`),
    closed: () => void events.push(`${name} closed`),
  });
  server.start(record('server', () => {}));
  client.start(
    record('client', (chunk) => {
      received += chunk.length;
    }),
  );
  client.pause();
  const megabyte = Buffer.alloc(1024 * 1024);
  expect(server.send(megabyte)).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(events).toEqual([]);
  client.resume();
  while (!events.includes('server drain')) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(server.send(Buffer.from('x'))).toBe(true);
  server.end();
  while (!events.includes('client ended')) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(received).toBe(megabyte.length + 1);
  client.destroy();
  client.destroy();
  while (!events.includes('client closed')) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(events.toSorted()).toEqual(['client closed', 'client ended', 'server closed', 'server drain']);
});
