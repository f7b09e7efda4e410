import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { UnixListener } from '../../src/linux/unix-listener.ts';
import { type Implementation, implement, listen, VarlinkServer } from '../../src/varlink/index.ts';
import { OneReadServer } from './one-read.ts';
import { RawPeer, socketPath } from './raw-peer.ts';

const description = `interface com.example.test
method Echo(n: int) -> (n: int)
method Slow() -> ()`;

/** Answers Echo in bytes that it uses again for the next, and counts how often. */
class Service {
  taken = 0;
  readonly implementation: Implementation;
  readonly #reply: Buffer;

  /** @param padding makes every reply so much longer */
  constructor(padding = 0) {
    const text = ' '.repeat(padding);
    this.#reply = Buffer.from(`{"parameters":${text}{"n":0000}}\0`);
    this.implementation = implement(
      description,
      {
        Echo: ({ n }) => ({ n }),
        Slow: () => sleep(50).then(() => ({})),
      },
      (call) => {
        const n = /^\{"method":"com\.example\.test\.Echo","parameters":\{"n":(\d{4})\}\}\0$/.exec(call.toString())?.[1];
        if (n === '6666') throw new Error('this number is too much');
        if (n === undefined) return undefined;
        this.taken++;
        this.#reply.write(n, this.#reply.length - 7);
        return this.#reply;
      },
    );
  }
}

const echo = (n: number) => ({ method: 'com.example.test.Echo', parameters: { n } });
const bytes = (...calls: object[]) => Buffer.from(calls.map((call) => `${JSON.stringify(call)}\0`).join(''));

describe('a shortcut', () => {
  test('answers a call that comes alone', () => {
    const service = new Service();
    const connection = new OneReadServer(service.implementation).connect();
    expect(connection.read(bytes(echo(1234)))).toEqual({ replies: '{"parameters":{"n":1234}}\0', ended: false });
    expect(connection.read(bytes(echo(1235)))).toEqual({ replies: '{"parameters":{"n":1235}}\0', ended: false });
    expect(service.taken).toBe(2);
  });

  test('is not asked for a part of a call, nor for its rest', () => {
    const service = new Service();
    const connection = new OneReadServer(service.implementation).connect();
    const call = bytes(echo(1234));
    for (let at = 1; at < call.length; at++) {
      expect(connection.read(call.subarray(0, at)).replies).toBe('');
      expect(connection.read(call.subarray(at)).replies).toBe('{"parameters":{"n":1234}}\0');
    }
    // A part of one, then the rest and a whole one: the whole one would be answered first.
    connection.read(call.subarray(0, 5));
    expect(connection.read(Buffer.concat([call.subarray(5), call])).replies).toBe(
      '{"parameters":{"n":1234}}\0'.repeat(2),
    );
    expect(service.taken).toBe(0);
  });

  test('that fails leaves the call to the handler', () => {
    const service = new Service();
    const said = new OneReadServer(service.implementation).connect().read(bytes(echo(6666)));
    expect(said).toEqual({ replies: '{"parameters":{"n":6666}}\0', ended: false });
  });

  test('does not come before a call that is not answered yet', async () => {
    const service = new Service();
    const peer = await RawPeer.connect(await serveOnNet(service));
    peer.send({ method: 'com.example.test.Slow' });
    await sleep(20);
    peer.send(echo(1234));
    expect(await peer.messages(2)).toBe('{}|{"parameters":{"n":1234}}|');
    expect(service.taken).toBe(0);
    expect(await peer.send(echo(1235)).messages(3)).toContain('1235');
    expect(service.taken).toBe(1);
  });

  test('is not asked after the connection is over', () => {
    const service = new Service();
    const connection = new OneReadServer(service.implementation).connect();
    expect(connection.read(Buffer.from('nonsense\0'))).toEqual({ replies: '', ended: true });
    expect(connection.read(bytes(echo(1234))).replies).toBe('');
    expect(service.taken).toBe(0);
  });

  test.each([
    ['node:net', serveOnNet],
    ['our own transport', serveOnLinux],
  ])('gives a slow reader the right bytes in order, over %s', async (_name, serve) => {
    const service = new Service(10_000);
    const peer = await RawPeer.connect(await serve(service));
    peer.socket.pause();
    const count = 300;
    for (let n = 0; n < count; n++) {
      peer.send(echo(1000 + n));
      // Each comes in a read of its own until the server reads no more.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await sleep(50);
    expect(service.taken).toBeGreaterThan(5);
    peer.socket.resume();
    const received = (await peer.messages(count)).split('|').slice(0, -1);
    expect(received.map((message) => JSON.parse(message).parameters.n)).toEqual(
      Array.from({ length: count }, (_, n) => 1000 + n),
    );
  });
});

async function serveOnNet(service: Service): Promise<string> {
  const path = socketPath();
  const server = newServer(service);
  server.serve(await listen({ path }));
  onTestFinished(() => server.close());
  return path;
}

async function serveOnLinux(service: Service): Promise<string> {
  const path = socketPath();
  const loop = new EventLoop();
  const server = newServer(service);
  server.serve(UnixListener.bind(loop, path));
  onTestFinished(async () => {
    server.close();
    await sleep(10);
    loop.close();
  });
  return path;
}

function newServer({ implementation }: Service): VarlinkServer {
  return new VarlinkServer({ vendor: '', product: '', version: '', url: '' }).add(implementation);
}
