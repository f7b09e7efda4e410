import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { decode } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../frontends/dns/messages.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { loopbackAddress } from '../support/dig.ts';

const server = { address: loopbackAddress(), port: 5330 };
const framed = (message: Buffer) => Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), message]);
const good = query('machine.internal', 'SOA');

/** Milliseconds until the answer to a good query over UDP. */
async function timeOverUdp(): Promise<number> {
  const socket = createSocket('udp4');
  const start = performance.now();
  socket.send(good, server.port, server.address);
  const [message] = (await once(socket, 'message', { signal: AbortSignal.timeout(5000) })) as [Buffer];
  socket.close();
  expect(decode(message).answers).toHaveLength(1);
  return performance.now() - start;
}

/** The same over TCP, on a connection of its own. */
async function timeOverTcp(): Promise<number> {
  const start = performance.now();
  const socket = connect(server.port, server.address);
  socket.write(framed(good));
  const [chunk] = (await once(socket, 'data', { signal: AbortSignal.timeout(5000) })) as [Buffer];
  socket.destroy();
  expect(decode(chunk.subarray(2)).answers).toHaveLength(1);
  return performance.now() - start;
}

async function median(measure: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 15; round++) times.push(await measure());
  return times.sort((a, b) => a - b)[7] as number;
}

describe('a daemon whose DNS is not asked nicely', () => {
  let daemon: DaemonProcess;

  beforeAll(async () => {
    daemon = await DaemonProcess.start(undefined, {
      more: [`--dns=${server.address}:${server.port}`, '--forward=127.0.0.1:1'],
    });
  });

  afterAll(async () => {
    expect(daemon.log).not.toContain('dns');
    expect(await daemon.stop()).toBe(0);
  });

  it('is not held up by two hundred connections that say nothing, or a byte now and then', async () => {
    const [udp, tcp] = [await median(timeOverUdp), await median(timeOverTcp)];
    const slow: Socket[] = [];
    // From different addresses: of one there are at most 64.
    for (let index = 0; index < 200; index++) {
      const socket = connect({ ...server, host: server.address, localAddress: `127.0.3.${1 + (index % 20)}` });
      socket.on('error', () => {});
      slow.push(socket);
    }
    await Promise.all(slow.map((socket) => once(socket, 'connect')));
    const drip = setInterval(() => {
      for (const socket of slow.slice(100)) if (socket.writable) socket.write(Buffer.of(0));
    }, 50);
    const during = [await median(timeOverUdp), await median(timeOverTcp)];
    console.info(
      `UDP ${udp.toFixed(1)} ms, TCP ${tcp.toFixed(1)} ms; beside slow connections ${during.map((time) => time.toFixed(1)).join(' and ')} ms`,
    );
    expect(Math.max(...during)).toBeLessThan(Math.max(50, 10 * Math.max(udp, tcp)));
    clearInterval(drip);
    // The time for a query is over after ten seconds, and two zeros are no query.
    await expect.poll(() => slow.filter((socket) => socket.readyState === 'open').length, { timeout: 13_000 }).toBe(0);
    for (const socket of slow) socket.destroy();
  }, 30_000);

  it('answers what it knows while nothing answers what it forwards', async () => {
    const socket = createSocket('udp4');
    for (let index = 0; index < 1000; index++) {
      socket.send(query(`n${index}.example`, 'A', { id: index }), server.port, server.address);
    }
    expect(await median(timeOverUdp)).toBeLessThan(50);
    socket.close();
  });
});
