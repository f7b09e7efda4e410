import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Responder } from '../../../src/frontends/dns/responder.ts';
import { TcpServer } from '../../../src/frontends/dns/tcp.ts';
import { listenTcp } from '../../../src/linux/internet-socket.ts';
import { decoded, query } from './messages.ts';
import { SampleNames } from './sample-names.ts';

const framed = (message: Buffer) => Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), message]);

/** A connection, what came over it, and when it ended. */
class Asker {
  readonly socket: Socket;
  ended = false;
  #bytes = Buffer.alloc(0);

  constructor(port: number, allowHalfOpen = false) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
    this.socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.ended = true;
    });
    this.socket.on('end', () => {
      this.ended = true;
    });
    askers.push(this);
  }

  get messages(): Buffer[] {
    const found: Buffer[] = [];
    let rest = this.#bytes;
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      found.push(rest.subarray(2, 2 + rest.readUInt16BE(0)));
      rest = rest.subarray(2 + rest.readUInt16BE(0));
    }
    return found;
  }
}

const askers: Asker[] = [];

describe('the DNS over TCP', () => {
  const servers: TcpServer[] = [];
  const sample = new SampleNames();

  async function serve(limits?: ConstructorParameters<typeof TcpServer>[1], responder = sample.responder()) {
    const fd = listenTcp({ bytes: Uint8Array.of(127, 0, 0, 1), port: 0, scope: 0 }, 'test');
    const server = new TcpServer(responder, limits);
    servers.push(server);
    server.listen(fd, (error) => {
      throw error;
    });
    await sleep(5);
    // What port it is only the kernel knows: `ss` says.
    const lines = execFileSync('ss', ['-Hltnp'], { encoding: 'utf8' }).split('\n');
    const line = lines.find((one) => one.includes(`pid=${process.pid},fd=${fd})`)) ?? '';
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(line)?.[1]);
    return { server, port };
  }

  afterEach(() => {
    for (const asker of askers.splice(0)) asker.socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  it('answers queries that come one behind the other, in pieces or all at once', async () => {
    const { port } = await serve();
    const together = Buffer.concat(
      Array.from({ length: 200 }, (_, id) => framed(query(id % 2 ? 'web' : 'nobody.machine.internal', 'A', { id }))),
    );
    const whole = new Asker(port);
    whole.socket.write(together);
    const pieces = new Asker(port);
    pieces.socket.setNoDelay(true);
    for (let at = 0; at < together.length; at += 97) {
      pieces.socket.write(together.subarray(at, at + 97));
      await new Promise(setImmediate);
    }
    for (const asker of [whole, pieces]) {
      await expect.poll(() => asker.messages.length).toBe(200);
      expect(asker.messages.map((message) => decoded(message).id)).toEqual(Array.from({ length: 200 }, (_, id) => id));
      expect(asker.ended).toBe(false);
    }
  });

  it('answers who has nothing more to ask', async () => {
    const { port } = await serve();
    const asker = new Asker(port, true);
    asker.socket.end(framed(query('web', 'A')));
    await expect.poll(() => asker.ended).toBe(true);
    expect(asker.messages).toHaveLength(1);
  });

  it.each([
    ['a length that no query has', Buffer.of(0, 3, 1, 2, 3)],
    ['nothing', Buffer.of(0, 0)],
    ['a length of 64 KiB', Buffer.of(0xff, 0xff)],
    ['a question that cannot be read', framed(query('web', 'A').subarray(0, -1))],
    ['two questions', framed(query('web', 'A', { questions: [] }))],
    ['a response', framed(query('web', 'A', { type: 'response' }))],
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ])('ends a connection over which comes %s, and answers nothing behind it', async (_what, bytes) => {
    const { port } = await serve();
    const asker = new Asker(port);
    asker.socket.write(Buffer.concat([framed(query('web', 'A')), bytes, framed(query('web', 'A'))]));
    await expect.poll(() => asker.ended).toBe(true);
    expect(asker.messages.length).toBeLessThanOrEqual(1);
  });

  it('gives each asker so long for a query, however busy he looks', async () => {
    const { server, port } = await serve({ idle: 300, connections: 100, perAddress: 100 });
    const start = performance.now();
    const silent = new Asker(port);
    const slow = new Asker(port);
    const message = framed(query('web', 'A'));
    let at = 0;
    const drip = setInterval(() => slow.socket.write(message.subarray(at++ % 20, (at % 20) + 1)), 20);
    const good = new Asker(port);
    const ask = setInterval(() => good.socket.write(message), 100);
    await expect.poll(() => silent.ended && slow.ended, { timeout: 3000 }).toBe(true);
    expect(performance.now() - start).toBeGreaterThan(250);
    await sleep(500);
    expect(good.ended).toBe(false);
    clearInterval(drip);
    clearInterval(ask);
    await expect.poll(() => good.ended).toBe(true);
    expect(server.connections).toBe(0);
  });

  it('reads nothing more of one who does not take his answers, and ends that in time', async () => {
    const { server, port } = await serve({ idle: 500, connections: 10, perAddress: 10 });
    const greedy = connect(port, '127.0.0.1');
    greedy.on('error', () => {});
    greedy.pause();
    const message = framed(query('crowd', 'A'));
    let taken = 0;
    for (let times = 0; times < 200_000 && !greedy.destroyed; times++) {
      if (!greedy.write(message)) {
        const drained = new Promise<boolean>((resolve) => greedy.once('drain', () => resolve(true)));
        if (!(await Promise.race([drained, sleep(200, false)]))) break;
      }
      taken = times;
    }
    // Far less than what was sent: its memory is what the kernel keeps, and not ours.
    expect(taken).toBeLessThan(190_000);
    await expect.poll(() => server.connections, { timeout: 3000 }).toBe(0);
    greedy.destroy();
  });

  it('answers others while a hundred connections say nothing or a byte now and then', async () => {
    const { port } = await serve({ idle: 10_000, connections: 512, perAddress: 512 });
    const slow = Array.from({ length: 100 }, () => new Asker(port));
    const drip = setInterval(() => {
      for (const { socket } of slow.slice(50)) socket.write(Buffer.of(1));
    }, 20);
    const times: number[] = [];
    for (let round = 0; round < 20; round++) {
      const start = performance.now();
      const asker = new Asker(port);
      asker.socket.write(framed(query('web', 'A')));
      while (asker.messages.length === 0) await sleep(1);
      times.push(performance.now() - start);
    }
    clearInterval(drip);
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(50);
  });

  it('closes the oldest connection for a new one when there are too many', async () => {
    const { server, port } = await serve({ idle: 10_000, connections: 100, perAddress: 3 });
    const first = new Asker(port);
    const second = new Asker(port);
    await once(second.socket, 'connect');
    for (let more = 0; more < 10; more++) {
      const asker = new Asker(port);
      asker.socket.write(framed(query('web', 'A')));
      await expect.poll(() => asker.messages.length).toBe(1);
    }
    expect([first.ended, second.ended]).toEqual([true, true]);
    expect(server.connections).toBe(3);
  });

  it('sends what is known later when it is known, and no more than some at a time', async () => {
    const waiting: (() => void)[] = [];
    const later = sample.responder();
    const slow = Object.assign(Object.create(Responder.prototype) as Responder, {
      respond: (message: Buffer, asker: () => Uint8Array, transport: 'udp' | 'tcp') => {
        const response = later.respond(message, asker, transport) as Buffer;
        return new Promise<Buffer>((resolve) => waiting.push(() => resolve(response)));
      },
    });
    const { port } = await serve({ idle: 10_000, connections: 10, perAddress: 10 }, slow);
    const asker = new Asker(port);
    asker.socket.write(Buffer.concat(Array.from({ length: 100 }, (_, id) => framed(query('web', 'A', { id })))));
    await expect.poll(() => waiting.length).toBe(32);
    await sleep(50);
    expect(waiting.length).toBe(32);
    // The last first: answers may be in another order than queries (RFC 7766 7).
    waiting.pop()?.();
    await expect.poll(() => asker.messages.length).toBe(1);
    expect(decoded(asker.messages[0]).id).toBe(31);
    while (asker.messages.length < 100) {
      waiting.shift()?.();
      await sleep(1);
    }
    expect(new Set(asker.messages.map((message) => decoded(message).id)).size).toBe(100);
  });
});
