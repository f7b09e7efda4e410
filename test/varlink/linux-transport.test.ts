import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { UnixListener } from '../../src/linux/unix-listener.ts';
import { type Call, implement, type Listener, type ServerOptions, VarlinkServer } from '../../src/varlink/index.ts';
import { RawPeer, socketPath } from './raw-peer.ts';

const description = `interface com.example.test
method Ping() -> ()
method Ticks(ms: int) -> (n: int)
method Big(length: int) -> (text: string)`;

const calls: Call[] = [];
const left: string[] = [];

const service = implement(description, {
  Ping(_parameters, call) {
    calls.push(call);
  },
  async *Ticks({ ms }, { signal }) {
    try {
      for (let n = 1; ; n++) {
        yield { n };
        await sleep(ms, undefined, { signal });
      }
    } finally {
      left.push('Ticks');
    }
  },
  Big: ({ length }) => ({ text: 'x'.repeat(length) }),
});

const call = (name: string, parameters = {}) => ({ method: `com.example.test.${name}`, parameters, more: true });

function start(options: ServerOptions = {}): { path: string; server: VarlinkServer } {
  const path = socketPath();
  const loop = new EventLoop();
  const listener: Listener = UnixListener.bind(loop, path);
  const server = new VarlinkServer({ vendor: '', product: '', version: '', url: '' }, options).add(service);
  server.serve(listener);
  onTestFinished(async () => {
    server.close();
    await sleep(10);
    loop.close();
  });
  return { path, server };
}

beforeEach(() => {
  calls.length = 0;
  left.length = 0;
});

describe('over a transport that knows its peers', () => {
  test('a handler sees who calls', async () => {
    const peer = await RawPeer.connect(start().path);
    await peer.send(call('Ping')).messages(1);
    expect(calls[0]?.peer).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.(), pid: process.pid });
  });

  test('one user has no more connections than the limit', async () => {
    const { path } = start({ maximumConnectionsPerUser: 2 });
    const peers = [await RawPeer.connect(path), await RawPeer.connect(path)];
    for (const peer of peers) expect(await peer.send(call('Ping')).messages(1)).toBe('{}|');
    expect(await (await RawPeer.connect(path)).send(call('Ping')).end()).toBe('');
  });

  test('a subscription goes on when the peer has only shut down its sending side, and ends when it goes', async () => {
    const { path, server } = start();
    const peer = await RawPeer.connect(path);
    await peer.send(call('Ticks', { ms: 5 })).messages(1);
    peer.socket.end();
    await once(peer.socket, 'finish');
    await peer.messages(10);
    expect(left).toEqual([]);
    peer.socket.destroy();
    await vi.waitFor(() => expect(left).toEqual(['Ticks']));
    await vi.waitFor(() => expect(server.connections).toBe(0));
  });

  test('a subscription that has nothing to tell ends when the peer goes', async () => {
    const { path, server } = start();
    const peer = await RawPeer.connect(path);
    await peer.send(call('Ticks', { ms: 60_000 })).messages(1);
    peer.socket.destroy();
    await vi.waitFor(() => expect(left).toEqual(['Ticks']));
    expect(server.connections).toBe(0);
  });

  test('a reply that is larger than all buffers comes through, and the calls behind it', async () => {
    const peer = await RawPeer.connect(start().path);
    const received = await peer.send(call('Big', { length: 5_000_000 }), call('Ping')).messages(2);
    expect(received).toHaveLength('{"parameters":{"text":""}}|{}|'.length + 5_000_000);
  });

  test('a peer that does not read is disconnected after the time', async () => {
    const { path, server } = start({ unreadTimeout: 80 });
    const peer = await RawPeer.connect(path);
    peer.socket.pause();
    peer.send(call('Big', { length: 5_000_000 }));
    await vi.waitFor(() => expect(server.connections).toBe(1));
    await vi.waitFor(() => expect(server.connections).toBe(0), { timeout: 2000 });
  });
});
