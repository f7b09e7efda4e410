import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { EventLoop } from '../../src/linux/event-loop.ts';
import { UdpSocket } from '../../src/linux/udp-socket.ts';
import { parseAddress } from '../../src/machine/address-text.ts';
import { loopbackAddress } from '../support/dig.ts';

const PORT = 5310;
const here = loopbackAddress();

describe('a UDP socket', () => {
  const loop = new EventLoop();
  const open: { close(): void }[] = [];

  const listen = (address: string, port = PORT) => {
    const socket = new UdpSocket(loop, { bytes: parseAddress(address) as Uint8Array, port, scope: 0 }, `at ${address}`);
    open.push(socket);
    return socket;
  };
  const asker = async (address = '127.0.0.1'): Promise<Socket & { readonly got: [string, string][] }> => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const got: [string, string][] = [];
    socket.on('message', (message, from) => got.push([message.toString(), from.address]));
    socket.bind(0, address);
    await once(socket, 'listening');
    open.push(socket);
    return Object.assign(socket, { got });
  };

  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });

  it('answers each datagram to who sent it, in whatever number they come', async () => {
    const socket = listen(here);
    const senders: Uint8Array[] = [];
    socket.start(({ bytes, sender }) => {
      senders.push(sender());
      return Buffer.concat([Buffer.from('re:'), bytes]);
    });
    const askers = await Promise.all([asker(), asker('127.0.0.2'), asker('127.0.0.3')]);
    for (let number = 0; number < 100; number++) {
      for (const [index, one] of askers.entries()) one.send(`${index} ${number}`, PORT, here);
    }
    for (const [index, one] of askers.entries()) {
      await expect.poll(() => one.got.length).toBe(100);
      const expected = Array.from({ length: 100 }, (_, number) => [`re:${index} ${number}`, here]);
      expect(one.got).toEqual(expected);
    }
    expect(new Set(senders.map((bytes) => bytes.join('.')))).toEqual(new Set(['127.0.0.1', '127.0.0.2', '127.0.0.3']));
  });

  it('leaves out those without an answer', async () => {
    const socket = listen(here);
    socket.start(({ bytes }) => (Number(bytes.toString()) % 3 === 0 ? Buffer.from(bytes) : undefined));
    const one = await asker();
    for (let number = 0; number < 60; number++) one.send(`${number}`, PORT, here);
    await expect.poll(() => one.got.length).toBe(20);
    await sleep(20);
    expect(one.got.map(([text]) => Number(text))).toEqual(Array.from({ length: 20 }, (_, index) => index * 3));
  });

  it('asks a shortcut first, with the datagram and room for the answer in memory', async () => {
    const socket = listen(here);
    let begun = 0;
    let asked = 0;
    socket.start(
      ({ bytes }) => {
        asked++;
        return Number(bytes.toString()) % 3 === 1 ? Buffer.from(`full ${bytes}`) : undefined;
      },
      {
        begin: () => begun++,
        answer: (memory, from, end, to) => {
          const bytes = Buffer.from(memory.subarray(from, end));
          if (Number(bytes.toString()) % 3 !== 0) return 0;
          const response = Buffer.concat([Buffer.from(`short ${bytes}`), Buffer.alloc(2040, '.')]).subarray(0, 2048);
          memory.set(response, to);
          return response.length;
        },
      },
    );
    const askers = await Promise.all([asker(), asker('127.0.0.2')]);
    for (let number = 0; number < 60; number++) {
      for (const one of askers) one.send(`${number}`, PORT, here);
    }
    const expected = Array.from({ length: 60 }, (_, number) =>
      number % 3 === 0 ? `short ${number}` : `full ${number}`,
    ).filter((_, number) => number % 3 < 2);
    for (const one of askers) {
      await expect.poll(() => one.got.length).toBe(40);
      expect(one.got.map(([text]) => text.replace(/\.+$/, ''))).toEqual(expected);
      expect(new Set(one.got.map(([text]) => text.length))).toContain(2048);
    }
    expect(asked).toBe(80);
    expect(begun).toBeGreaterThan(0);
    expect(begun).toBeLessThanOrEqual(120);
  });

  it('answers later, when much else has come in between', async () => {
    const socket = listen(here);
    const later: (() => void)[] = [];
    socket.start(({ bytes, later: prepare }) => {
      const [send, answer] = [prepare(), Buffer.from(`late ${bytes}`)];
      later.push(() => send(answer));
      return undefined;
    });
    const [one, other] = [await asker(), await asker('127.0.0.9')];
    for (let number = 0; number < 40; number++) (number % 2 ? other : one).send(`${number}`, PORT, here);
    await expect.poll(() => later.length).toBe(40);
    for (const send of later.reverse()) send();
    await expect.poll(() => one.got.length + other.got.length).toBe(40);
    expect(one.got.every(([text]) => Number(text.slice(5)) % 2 === 0)).toBe(true);
    expect(other.got.every(([text]) => Number(text.slice(5)) % 2 === 1)).toBe(true);
    socket.close();
    for (const send of later) send();
  });

  it('passes over what is longer than it takes', async () => {
    const socket = listen(here);
    socket.start(({ bytes }) => Buffer.from(`${bytes.length}`));
    const one = await asker();
    for (const length of [2049, 2048, 0, 30_000, 5]) one.send(Buffer.alloc(length), PORT, here);
    await expect.poll(() => one.got.length).toBe(3);
    expect(one.got.map(([text]) => text)).toEqual(['2048', '0', '5']);
  });

  it.each([
    ['0.0.0.0', '127.0.0.1', [here, '127.0.0.5', '127.0.0.6']],
    ['::', '::1', ['::1']],
  ])('at %s answers from the address that was asked', async (everywhere, from, asked) => {
    const socket = listen(everywhere, PORT + 1);
    const later: (() => void)[] = [];
    socket.start(({ bytes, later: prepare }) => {
      const send = prepare();
      later.push(() => send(Buffer.from('later')));
      return Buffer.from(bytes);
    });
    const one = await asker(from);
    for (const address of asked) one.send('now', PORT + 1, address);
    await expect.poll(() => one.got.length).toBe(asked.length);
    for (const send of later) send();
    await expect.poll(() => one.got.length).toBe(2 * asked.length);
    expect(new Set(one.got.map(([, address]) => address))).toEqual(new Set(asked));
  });

  it('goes on when one answer cannot be sent', async () => {
    const socket = listen(here);
    socket.start(({ bytes }) => Buffer.from(bytes));
    const one = await asker();
    const gone = await asker('127.0.0.4');
    for (let number = 0; number < 20; number++) {
      gone.send('gone', PORT, here);
      one.send(`${number}`, PORT, here);
    }
    gone.close();
    open.splice(open.indexOf(gone), 1);
    await expect.poll(() => one.got.length).toBe(20);
  });

  it('can be at an address that is not there yet, and not where another one is', async () => {
    listen('192.0.2.55');
    listen(here);
    expect(() => listen(here)).toThrow(`bind at ${here}: EADDRINUSE`);
  });

  it('is not closed twice', () => {
    const socket = listen(here);
    socket.start(() => undefined);
    socket.close();
    socket.close();
  });
});
