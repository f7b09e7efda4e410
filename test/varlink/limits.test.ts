import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  implement,
  type Listener,
  listen,
  type ServerOptions,
  type Transport,
  VarlinkServer,
} from '../../src/varlink/index.ts';
import { RawPeer, socketPath, startServer } from './raw-peer.ts';

const info = { vendor: '', product: '', version: '', url: '' };
const description = `interface com.example.test
method Ping(text: ?string) -> ()
method Slow(ms: int) -> ()
method Big(length: int) -> (text: string)`;
const service = implement(description, {
  Ping() {},
  async Slow({ ms }) {
    await sleep(ms);
  },
  Big: ({ length }) => ({ text: 'x'.repeat(length) }),
});
const call = (name: string, parameters = {}) => ({ method: `com.example.test.${name}`, parameters });
const ping = call('Ping');

describe('connections', () => {
  test('over the limit are closed at once, and there is room again when others go', async () => {
    const { path, server } = await startServer([service], { maximumConnections: 3 });
    const peers = [await RawPeer.connect(path), await RawPeer.connect(path), await RawPeer.connect(path)];
    for (const peer of peers) expect(await peer.send(ping).messages(1)).toBe('{}|');
    const fourth = await RawPeer.connect(path);
    expect(await fourth.send(ping).end()).toBe('');
    for (const peer of peers) expect(await peer.send(ping).messages(2)).toBe('{}|{}|');
    peers[0]?.socket.destroy();
    await vi.waitFor(() => expect(server.connections).toBe(2));
    expect(await (await RawPeer.connect(path)).send(ping).messages(1)).toBe('{}|');
  });

  test('of one user over the limit are closed at once, those of another are not', async () => {
    const path = socketPath();
    const server = new VarlinkServer(info, { maximumConnectionsPerUser: 2 });
    let uid = 1000;
    server.add(service).serve(withUser(await listen({ path }), () => uid));
    const first = await RawPeer.connect(path);
    const second = await RawPeer.connect(path);
    for (const peer of [first, second]) expect(await peer.send(ping).messages(1)).toBe('{}|');
    expect(await (await RawPeer.connect(path)).send(ping).end()).toBe('');
    uid = 1001;
    expect(await (await RawPeer.connect(path)).send(ping).messages(1)).toBe('{}|');
    uid = 1000;
    first.socket.destroy();
    await vi.waitFor(() => expect(server.connections).toBe(2));
    expect(await (await RawPeer.connect(path)).send(ping).messages(1)).toBe('{}|');
    expect(await (await RawPeer.connect(path)).send(ping).end()).toBe('');
    server.close();
  });
});

describe('when there are as many connections as there may be', () => {
  const start = async (options: ServerOptions) => {
    const path = socketPath();
    let uid = 0;
    const server = new VarlinkServer(info, options);
    server.add(service).serve(withUser(await listen({ path }), () => uid));
    onTestFinished(() => server.close());
    const connect = async (user: number) => {
      uid = user;
      const peer = await RawPeer.connect(path);
      peer.send(ping);
      return peer;
    };
    const served = async (peer: RawPeer) => expect(await peer.messages(1)).toBe('{}|');
    return { server, connect, served };
  };

  test('a newcomer has the place of who has most, the quietest of them', async () => {
    const { server, connect, served } = await start({ maximumConnections: 4, idleTimeout: 800 });
    const [first, second, third] = [await connect(1), await connect(1), await connect(1)];
    const other = await connect(2);
    for (const peer of [first, second, third, other]) await served(peer);
    // A tick of the server's clock is 100 ms: the second is now the one that has been quiet for longest.
    await sleep(250);
    await first.send(ping).messages(2);
    await third.send(ping).messages(2);
    const newcomer = await connect(3);
    await served(newcomer);
    expect(await second.end()).toBe('{}|');
    for (const peer of [first, third]) expect(await peer.send(ping).messages(3)).toBe('{}|{}|{}|');
    expect(server.connections).toBe(4);
  });

  test('but not of who has no more than he, nor of one that waits for an answer', async () => {
    const { server, connect, served } = await start({ maximumConnections: 2 });
    const [one, two] = [await connect(1), await connect(2)];
    for (const peer of [one, two]) await served(peer);
    expect(await (await connect(1)).end()).toBe('');
    one.send(call('Slow', { ms: 60_000 }));
    two.send(call('Slow', { ms: 60_000 }));
    await sleep(50);
    expect(await (await connect(3)).end()).toBe('');
    expect(server.connections).toBe(2);
  });

  test('who is under no limit comes in all the same, and is not counted', async () => {
    let free = false;
    const { server, connect, served } = await start({ maximumConnections: 1, unlimited: () => free });
    const one = await connect(1);
    await served(one);
    free = true;
    const peers = [await connect(1), await connect(1)];
    for (const peer of peers) await served(peer);
    expect(server.connections).toBe(1);
    free = false;
    expect(await (await connect(1)).end()).toBe('');
    for (const peer of peers) peer.socket.destroy();
    await served(one);
  });

  test('room can be made', async () => {
    const { server, connect, served } = await start({});
    const [busy, quiet] = [await connect(1), await connect(1)];
    for (const peer of [busy, quiet]) await served(peer);
    busy.send(call('Slow', { ms: 60_000 }));
    await sleep(50);
    expect(server.makeRoom()).toBe(true);
    expect(await quiet.end()).toBe('{}|');
    expect(server.makeRoom()).toBe(false);
    expect(server.connections).toBe(1);
  });
});

test('it is told for how long each call held up everything else', async () => {
  const turns: [string, number][] = [];
  const busy = implement(`interface com.example.busy\nmethod Spin(ms: int) -> ()`, {
    Spin({ ms }) {
      const end = performance.now() + ms;
      while (performance.now() < end);
    },
  });
  const onTurn = (method: string, milliseconds: number) => void turns.push([method, milliseconds]);
  const { path } = await startServer([service, busy], { onTurn });
  const peer = await RawPeer.connect(path);
  const spin = { method: 'com.example.busy.Spin', parameters: { ms: 60 } };
  await peer.send(ping, spin, call('Slow', { ms: 100 }), { method: 'org.example.None' }).messages(4);
  expect(turns.map(([method]) => method)).toEqual([
    'com.example.test.Ping',
    'com.example.busy.Spin',
    'com.example.test.Slow',
    'org.example.None',
  ]);
  expect(turns[1]?.[1]).toBeGreaterThanOrEqual(60);
});

describe('a connection that is idle', () => {
  test('is closed after the time', async () => {
    const { path, server } = await startServer([service], { idleTimeout: 80 });
    const peer = await RawPeer.connect(path);
    await peer.send(ping).messages(1);
    const start = performance.now();
    expect(await peer.end()).toBe('{}|');
    expect(performance.now() - start).toBeGreaterThan(75);
    expect(server.connections).toBe(0);
  });

  test('also when it sends bytes, but never a whole call', async () => {
    const { path } = await startServer([service], { idleTimeout: 80 });
    const peer = await RawPeer.connect(path);
    const drip = setInterval(() => peer.socket.write(' '), 10);
    expect(await peer.end()).toBe('');
    clearInterval(drip);
  });

  test('is not one that calls now and then, nor one that waits for an answer', async () => {
    const { path } = await startServer([service], { idleTimeout: 80 });
    const busy = await RawPeer.connect(path);
    const waiting = await RawPeer.connect(path);
    waiting.send(call('Slow', { ms: 300 }));
    for (let count = 1; count <= 8; count++) {
      await sleep(40);
      await busy.send(ping).messages(count);
    }
    expect(await waiting.messages(1)).toBe('{}|');
  });
});

describe('a peer that does not read', () => {
  test('is disconnected after the time, whatever the idle time', async () => {
    const { path, server } = await startServer([service], { unreadTimeout: 80, idleTimeout: 60_000 });
    const peer = await RawPeer.connect(path);
    peer.socket.pause();
    peer.send(call('Big', { length: 3_000_000 }));
    await vi.waitFor(() => expect(server.connections).toBe(1));
    await vi.waitFor(() => expect(server.connections).toBe(0), { timeout: 2000 });
  });

  test('is not one that reads in time', async () => {
    const { path, server } = await startServer([service], { unreadTimeout: 400, idleTimeout: 60_000 });
    const peer = await RawPeer.connect(path);
    peer.socket.pause();
    peer.send(call('Big', { length: 3_000_000 }));
    await sleep(100);
    peer.socket.resume();
    expect(await peer.messages(1)).toHaveLength(3_000_000 + '{"parameters":{"text":""}}|'.length);
    await sleep(600);
    expect(server.connections).toBe(1);
  });
});

test('there is a timer only while there are connections', async () => {
  const set = vi.spyOn(globalThis, 'setInterval');
  const clear = vi.spyOn(globalThis, 'clearInterval');
  const { path, server } = await startServer([service]);
  expect(set).not.toHaveBeenCalled();
  const peers = [await RawPeer.connect(path), await RawPeer.connect(path)];
  for (const peer of peers) await peer.send(ping).messages(1);
  expect(set).toHaveBeenCalledOnce();
  const timer = set.mock.results[0]?.value as NodeJS.Timeout;
  expect(timer.hasRef()).toBe(false);
  for (const peer of peers) peer.socket.destroy();
  await vi.waitFor(() => expect(server.connections).toBe(0));
  expect(clear).toHaveBeenCalledWith(timer);
  vi.restoreAllMocks();
});

describe('a message', () => {
  const frame = JSON.stringify(call('Ping', { text: '' })).length;

  test('of 16 MiB is taken', async () => {
    const { path } = await startServer([service]);
    const peer = await RawPeer.connect(path);
    const text = 'x'.repeat(16 * 1024 * 1024 - frame);
    expect(await peer.send(call('Ping', { text })).messages(1)).toBe('{}|');
  });

  test('over the limit that the server was given ends the connection', async () => {
    const { path } = await startServer([service], { maximumMessageLength: 1000 });
    const peer = await RawPeer.connect(path);
    const text = 'x'.repeat(1000 - frame);
    expect(await peer.send(call('Ping', { text })).messages(1)).toBe('{}|');
    peer.send(call('Ping', { text: `${text}x` }));
    expect(await peer.end()).toBe('{}|');
  });

  test('of 17 MiB ends the connection', async () => {
    const { path } = await startServer([service]);
    const peer = await RawPeer.connect(path);
    peer.send(ping, call('Ping', { text: 'x'.repeat(17 * 1024 * 1024) }));
    expect(await peer.end()).toBe('{}|');
  });
});

test('calls that come in while one is under way are not read without bound', async () => {
  const { path } = await startServer([service]);
  const peer = await RawPeer.connect(path);
  peer.send(call('Slow', { ms: 500 }));
  const text = 'x'.repeat(100_000);
  let accepted = 0;
  for (let count = 0; count < 100; count++) {
    peer.socket.write(`${JSON.stringify(call('Ping', { text }))}\0`, () => accepted++);
  }
  await sleep(300);
  expect(peer.received).toBe('');
  expect(accepted).toBeLessThan(30);
  expect(await peer.messages(101)).toBe('{}|'.repeat(101));
});

/** A listener whose peers are of the user that `uid` gives: node:net does not tell. */
function withUser(listener: Listener, uid: () => number): Listener {
  const close = () => listener.close();
  const start = (accept: (transport: Transport) => void) =>
    listener.start((transport) => {
      const peer = { ...transport.peer, uid: uid() };
      accept(new Proxy(transport, { get: (target, key) => (key === 'peer' ? peer : bound(target, key)) }));
    });
  return { start, close };
}

function bound(target: Transport, key: string | symbol): unknown {
  const value = Reflect.get(target, key, target) as unknown;
  return typeof value === 'function' ? value.bind(target) : value;
}
