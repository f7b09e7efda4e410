import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/frontends/dns/endpoint.ts';
import { Forwarder } from '../../../src/frontends/dns/forwarder.ts';
import { type Query, readQuery } from '../../../src/frontends/dns/query.ts';
import { decoded, query } from './messages.ts';

const asker = Uint8Array.of(10, 0, 0, 2);

/** A server on the loopback that does with queries what a test has it do. */
class Upstream {
  readonly queries: { readonly message: Buffer; readonly from: RemoteInfo }[] = [];
  readonly #socket: Socket = createSocket('udp4');
  #tcp: Server | undefined;

  static async start(answer: (message: Buffer) => readonly Buffer[]): Promise<Upstream> {
    const upstream = new Upstream();
    upstream.#socket.on('message', (message, from) => {
      upstream.queries.push({ message, from });
      for (const response of answer(message)) upstream.#socket.send(response, from.port, from.address);
    });
    upstream.#socket.bind(0, '127.0.0.1');
    await once(upstream.#socket, 'listening');
    running.push(upstream);
    return upstream;
  }

  get endpoint(): Endpoint {
    return this.#socket.address();
  }

  /** Answers over TCP, too, at the same port. */
  async tcp(answer: (message: Buffer) => Buffer): Promise<void> {
    this.#tcp = createServer((socket) => {
      socket.on('error', () => {});
      // Byte by byte, as the network may.
      socket.once('data', async (chunk) => {
        const response = answer(chunk.subarray(2));
        const frame = Buffer.concat([Buffer.of(response.length >> 8, response.length & 255), response]);
        for (const byte of frame) {
          socket.write(Buffer.of(byte));
          await new Promise(setImmediate);
        }
      });
    }).listen(this.endpoint.port, '127.0.0.1');
    await once(this.#tcp, 'listening');
    expect((this.#tcp.address() as AddressInfo).port).toBe(this.endpoint.port);
  }

  close(): void {
    this.#socket.close();
    this.#tcp?.close();
  }
}

const running: Upstream[] = [];

/** The answer of a server that knows one address for every name. */
function answerTo(message: Buffer, address: readonly number[], code = 0): Buffer {
  const end = message.indexOf(0, 12) + 5;
  const head = Buffer.from(message.subarray(0, 12));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(code === 0 ? 1 : 0, 6);
  head.writeUInt16BE(0, 10);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address]);
  return Buffer.concat([head, message.subarray(12, end), ...(code === 0 ? [record] : [])]);
}

function asked(name = 'far.example', id = 0x1234): Query {
  const found = readQuery(query(name, 'A', { id }));
  if (typeof found === 'string') throw new Error(found);
  return found;
}

const data = (response: Buffer | undefined) =>
  (decoded(response).answers ?? []).map((record) => ('data' in record ? record.data : ''));

describe('a forwarder', () => {
  const forwarders: Forwarder[] = [];
  const forwarder = (endpoints: readonly Endpoint[], times: { limit?: number; patience?: number } = {}) => {
    const one = new Forwarder({ upstreams: () => endpoints, limit: 2000, patience: 100, ...times });
    forwarders.push(one);
    return one;
  };

  afterEach(() => {
    for (const one of forwarders.splice(0)) one.close();
    for (const one of running.splice(0)) one.close();
  });

  it('asks from another port and with another id each time, and with nothing else of the asker’s', async () => {
    const upstream = await Upstream.start((message) => [answerTo(message, [192, 0, 2, 1])]);
    const one = forwarder([upstream.endpoint]);
    const times = 40;
    for (let index = 0; index < times; index++) {
      expect(data(await one.ask(asked(), asker, 'udp'))).toEqual(['192.0.2.1']);
    }
    expect(new Set(upstream.queries.map(({ from }) => from.port)).size).toBeGreaterThan(times * 0.8);
    const ids = upstream.queries.map(({ message }) => message.readUInt16BE(0));
    expect(new Set(ids).size).toBeGreaterThan(times * 0.8);
    expect(ids.filter((id) => id === 0x1234).length).toBeLessThan(3);
    for (const { message } of upstream.queries) {
      expect(message.subarray(2).equals(query('far.example', 'A').subarray(2))).toBe(true);
    }
  });

  it('gives the asker its own id and spelling back', async () => {
    const upstream = await Upstream.start((message) => [
      answerTo(Buffer.from(message.toString('latin1').toLowerCase(), 'latin1'), [192, 0, 2, 1]),
    ]);
    const response = await forwarder([upstream.endpoint]).ask(asked('fAr.eXample', 0x4242), asker, 'udp');
    expect(decoded(response)).toMatchObject({ id: 0x4242, flag_ra: true, questions: [{ name: 'fAr.eXample' }] });
  });

  it('takes no answer that is not one to its question', async () => {
    const forged = [6, 6, 6, 6];
    const upstream = await Upstream.start((message) => {
      const changed = (change: (bytes: Buffer) => void) => {
        const bytes = answerTo(message, forged);
        change(bytes);
        return bytes;
      };
      return [
        changed((bytes) => bytes.writeUInt16BE(message.readUInt16BE(0) ^ 1, 0)),
        changed((bytes) => bytes.writeUInt16BE(0x0180, 2)),
        changed((bytes) => bytes.write('bar', 13)),
        changed((bytes) => bytes.writeUInt16BE(28, 25)),
        changed((bytes) => bytes.writeUInt16BE(2, 6)),
        changed((bytes) => bytes.writeUInt16BE(500, bytes.length - 6)),
        Buffer.concat([changed(() => {}), Buffer.of(0)]),
        Buffer.alloc(5),
        answerTo(message, [192, 0, 2, 1]),
      ];
    });
    // Nobody else gets through to its port at all.
    const other = createSocket('udp4');
    const one = forwarder([upstream.endpoint]);
    const response = one.ask(asked(), asker, 'udp');
    await expect.poll(() => upstream.queries.length).toBe(1);
    const { message, from } = upstream.queries[0] as (typeof upstream.queries)[number];
    other.send(answerTo(message, forged), from.port, from.address);
    expect(data(await response)).toEqual(['192.0.2.1']);
    other.close();
  });

  it('goes on with the next server when one is not there, is silent, or cannot', async () => {
    const silent = await Upstream.start(() => []);
    const refusing = await Upstream.start((message) => [answerTo(message, [], 5)]);
    const good = await Upstream.start((message) => [answerTo(message, [192, 0, 2, 9])]);
    const nobody = { address: '127.0.0.1', port: 1 };
    const one = forwarder([nobody, silent.endpoint, refusing.endpoint, good.endpoint], { patience: 200 });
    const start = performance.now();
    expect(data(await one.ask(asked(), asker, 'udp'))).toEqual(['192.0.2.9']);
    // The silent one is waited for, and the others not.
    expect(performance.now() - start).toBeGreaterThan(190);
    expect(silent.queries).toHaveLength(1);
    // And from now on the one that answered comes first.
    const again = performance.now();
    for (let times = 0; times < 5; times++) expect(data(await one.ask(asked(), asker, 'udp'))).toEqual(['192.0.2.9']);
    expect(performance.now() - again).toBeLessThan(190);
    expect(silent.queries).toHaveLength(1);
  });

  it('asks the only server again, and gives up when the time is over', async () => {
    const silent = await Upstream.start(() => []);
    const one = forwarder([silent.endpoint], { limit: 450, patience: 100 });
    const start = performance.now();
    expect(await one.ask(asked(), asker, 'udp')).toBeUndefined();
    expect(performance.now() - start).toBeGreaterThan(440);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(silent.queries.length).toBeGreaterThan(2);
    // Each try is one that could not be told from another asker's.
    expect(new Set(silent.queries.map(({ message }) => message.readUInt16BE(0))).size).toBeGreaterThan(1);
  });

  it('tells what a server said when all refuse', async () => {
    const refusing = await Upstream.start((message) => [answerTo(message, [], 5)]);
    const response = (await forwarder([refusing.endpoint]).ask(asked(), asker, 'udp')) as Buffer;
    expect((response[3] as number) & 15).toBe(5);
  });

  it('gets the rest over TCP for who asks over TCP, and passes the truncation on to others', async () => {
    const upstream = await Upstream.start((message) => {
      const short = answerTo(message, [192, 0, 2, 1]).subarray(0, message.indexOf(0, 12) + 5);
      short.writeUInt16BE(0x8380, 2);
      short.writeUInt16BE(0, 6);
      return [short];
    });
    await upstream.tcp((message) => answerTo(message, [192, 0, 2, 3]));
    const one = forwarder([upstream.endpoint]);
    expect(decoded(await one.ask(asked(), asker, 'udp')).flag_tc).toBe(true);
    expect(data(await one.ask(asked(), asker, 'tcp'))).toEqual(['192.0.2.3']);
  });

  it('cuts what is longer than the asker can take', async () => {
    const upstream = await Upstream.start((message) => {
      const response = answerTo(message, [192, 0, 2, 1]);
      const many = 60;
      response.writeUInt16BE(1 + many, 6);
      return [Buffer.concat([response, ...Array.from({ length: many }, () => response.subarray(-16))])];
    });
    const response = await forwarder([upstream.endpoint]).ask(asked(), asker, 'udp');
    expect(decoded(response)).toMatchObject({ flag_tc: true, answers: [], questions: [{ name: 'far.example' }] });
  });

  it('does not let one asker have all there is', async () => {
    const silent = await Upstream.start(() => []);
    const one = forwarder([silent.endpoint], { limit: 700, patience: 10_000 });
    const greedy = Array.from({ length: 300 }, () => one.ask(asked(), asker, 'udp'));
    const start = performance.now();
    const refused = await Promise.race([Promise.all(greedy.slice(128)), Promise.all(greedy)]);
    expect(refused.every((response) => response === undefined)).toBe(true);
    expect(performance.now() - start).toBeLessThan(600);
    // Somebody else still is asked for.
    const before = silent.queries.length;
    const other = one.ask(asked(), Uint8Array.of(10, 0, 0, 3), 'udp');
    await expect.poll(() => silent.queries.length).toBeGreaterThan(before);
    await Promise.all([...greedy, other]);
    expect(silent.queries.length).toBeLessThanOrEqual(129);
    // And when these are over, the first one again.
    const after = silent.queries.length;
    await one.ask(asked(), asker, 'udp');
    expect(silent.queries.length).toBe(after + 1);
  });

  it('says nothing where there is no server', async () => {
    expect(await forwarder([]).ask(asked(), asker, 'udp')).toBeUndefined();
  });
});
