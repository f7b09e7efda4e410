import { createHash } from 'node:crypto';
import { closeSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UnixListener } from '../../src/linux/unix-listener.ts';
import type { Listener, Transport } from '../../src/varlink/transport.ts';
import { makeSocketPair, openDescriptors, sendDescriptor } from './descriptors.ts';
import { StreamPair, until } from './stream-pair.ts';

let pair: StreamPair;

beforeEach(() => {
  pair = new StreamPair();
});

afterEach(() => pair.dispose());

describe('UnixStream', () => {
  it('is a Transport, and a UnixListener is a Listener, to the Varlink library', () => {
    const transport: Transport = pair.stream;
    const accepts = (listener: UnixListener): Listener => listener;
    expect([transport, accepts]).toHaveLength(2);
  });

  it('delivers a message that comes byte by byte', async () => {
    pair.stream.start(pair.events);
    for (const letter of 'bytewise') {
      writeSync(pair.other, letter);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => pair.text === 'bytewise');
  });

  it('takes at most 16 KiB in a round', async () => {
    pair.stream.start(pair.events);
    const sent = writeSync(pair.other, Buffer.alloc(150_000));
    await until(() => pair.text.length === sent);
    expect(Math.max(...pair.input.map((chunk) => chunk.length))).toBeLessThanOrEqual(16_384);
  });

  it('keeps what a slow reader does not take, in order, and says when it is out', async () => {
    pair.stream.start(pair.events);
    const sent = pair.fill();
    expect(pair.stream.send(Buffer.from('the end'))).toBe(false);
    const got: Buffer[] = [];
    await until(() => {
      got.push(pair.received(7_000));
      return pair.drains > 0;
    });
    got.push(pair.received());
    expect(pair.drains).toBe(1);
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    expect(digest(Buffer.concat(got))).toBe(digest(Buffer.concat([sent, Buffer.from('the end')])));
    expect(pair.stream.send(Buffer.from('x'))).toBe(true);
  });

  it('reads nothing from a peer that does not take its answers, until it has taken them', async () => {
    pair.stream.start(pair.events);
    pair.fill();
    writeSync(pair.other, 'question');
    await sleep(50);
    expect(pair.text).toBe('');
    await until(() => {
      pair.received();
      return pair.drains > 0;
    });
    await until(() => pair.text === 'question');
  });

  it('sends what many small pieces make, over more than one round', async () => {
    pair.stream.start(pair.events);
    pair.fill();
    let expected = '';
    for (let i = 0; i < 1000; i++) {
      pair.stream.send(Buffer.from(`${i};`));
      expected += `${i};`;
    }
    let got = '';
    await until(() => {
      got += pair.received().toString('latin1');
      return pair.drains > 0;
    });
    got += pair.received().toString('latin1');
    expect(got.endsWith(expected)).toBe(true);
  });

  it('delivers nothing while paused', async () => {
    pair.stream.start(pair.events);
    pair.stream.pause();
    writeSync(pair.other, 'later');
    await sleep(30);
    expect(pair.text).toBe('');
    pair.stream.resume();
    await until(() => pair.text === 'later');
  });

  it('stops at once when paused from the data callback', async () => {
    pair.stream.start({
      ...pair.events,
      data(chunk) {
        pair.events.data(chunk);
        pair.stream.pause();
      },
    });
    writeSync(pair.other, Buffer.alloc(100_000));
    await sleep(30);
    expect(pair.input).toHaveLength(1);
  });

  it('closes its descriptor once, never the one that took its number', () => {
    pair.stream.start(pair.events);
    pair.stream.destroy();
    const [one, two] = makeSocketPair();
    pair.stream.destroy();
    pair.stream.end();
    writeSync(one, 'x');
    closeSync(one);
    closeSync(two);
  });

  it('never takes a descriptor that a peer sends along', async () => {
    pair.stream.start(pair.events);
    const before = openDescriptors();
    for (let i = 0; i < 10; i++) sendDescriptor(pair.other, 1, `message ${i};`);
    await until(() => pair.text.includes('message 9;'));
    expect(openDescriptors().size).toBe(before.size);
  });

  it('knows the process at the other end', () => {
    const { uid, gid, pid } = pair.stream.peer;
    expect({ uid, gid, pid }).toEqual({ uid: process.geteuid?.(), gid: process.getegid?.(), pid: process.pid });
    const pidfd = pair.stream.peer.openPidfd();
    expect(readFileSync(`/proc/self/fdinfo/${pidfd}`, 'utf8')).toContain(`Pid:\t${process.pid}\n`);
    closeSync(pidfd);
    const { peer } = pair.stream;
    pair.stream.destroy();
    expect(() => peer.openPidfd()).toThrow('the connection is closed');
    expect(peer.pid).toBe(process.pid);
  });
});
