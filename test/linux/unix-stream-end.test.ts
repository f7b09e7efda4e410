import { readSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shutdownWriting } from './descriptors.ts';
import { StreamPair, until } from './stream-pair.ts';

let pair: StreamPair;
let ended: number;

beforeEach(() => {
  pair = new StreamPair();
  ended = 0;
});

afterEach(() => pair.dispose());

describe('the end of a UnixStream', () => {
  it('says once that the peer closed', async () => {
    pair.stream.start(pair.events);
    writeSync(pair.other, 'last words');
    pair.closeOther();
    await until(() => pair.closed.length > 0);
    pair.stream.destroy();
    pair.stream.end();
    await sleep(10);
    expect(pair.text).toBe('last words');
    expect(pair.closed).toEqual([undefined]);
  });

  it('reports a peer that closed with our answer unread as ECONNRESET', async () => {
    pair.stream.start(pair.events);
    pair.stream.send(Buffer.from('unread'));
    pair.closeOther();
    await until(() => pair.closed.length > 0);
    expect(pair.closed).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
  });

  it('survives sending to a peer that is gone: EPIPE, no signal, told after send returned', async () => {
    pair.stream.start(pair.events);
    pair.closeOther();
    expect(pair.stream.send(Buffer.from('x'))).toBe(false);
    expect(pair.closed).toEqual([]);
    await until(() => pair.closed.length > 0);
    expect(pair.closed).toEqual([expect.objectContaining({ code: 'EPIPE' })]);
    expect(pair.stream.send(Buffer.from('x'))).toBe(false);
  });

  it('ends when the peer goes away with our output waiting', async () => {
    pair.stream.start(pair.events);
    pair.fill();
    writeSync(pair.other, 'unread question');
    pair.closeOther();
    await until(() => pair.closed.length > 0);
  });

  it('lets a peer that shut down its writing side have the answers, when asked to', async () => {
    pair.stream.start({ ...pair.events, ended: () => void ended++ });
    writeSync(pair.other, 'question');
    shutdownWriting(pair.other);
    await until(() => ended === 1);
    await sleep(20);
    expect(ended).toBe(1);
    expect(pair.closed).toEqual([]);
    expect(pair.stream.send(Buffer.from('answer'))).toBe(true);
    expect(pair.received().toString()).toBe('answer');
    pair.stream.end();
    await until(() => pair.closed.length > 0);
    expect(readSync(pair.other, Buffer.alloc(1))).toBe(0);
  });

  it('notices that a peer that had shut down its writing side closes', async () => {
    pair.stream.start({ ...pair.events, ended: () => void ended++ });
    shutdownWriting(pair.other);
    await until(() => ended === 1);
    pair.closeOther();
    await until(() => pair.closed.length === 1);
  });

  it('flushes and closes when the peer shut down its writing side and nobody asked to know', async () => {
    pair.stream.start(pair.events);
    const sent = pair.fill();
    shutdownWriting(pair.other);
    let got = 0;
    await until(() => {
      got += pair.received().length;
      return pair.closed.length > 0;
    });
    expect(got + pair.received().length).toBe(sent.length);
    expect(pair.closed).toEqual([undefined]);
  });

  it('ends after what was sent is out, and takes nothing more', async () => {
    pair.stream.start(pair.events);
    const sent = pair.fill();
    pair.stream.end();
    expect(pair.stream.send(Buffer.from('too late'))).toBe(false);
    let got = 0;
    await until(() => {
      got += pair.received().length;
      return pair.closed.length > 0;
    });
    expect(got + pair.received().length).toBe(sent.length);
  });

  it('closes at once when destroyed, with output waiting', async () => {
    pair.stream.start(pair.events);
    const sent = pair.fill();
    pair.stream.destroy();
    await until(() => pair.closed.length > 0);
    expect(pair.received(1 << 22).length).toBeLessThan(sent.length);
    expect(pair.drains).toBe(0);
    expect(pair.closed).toEqual([undefined]);
  });

  it('while paused keeps what a departed peer left, without spinning, and delivers it on resume', async () => {
    pair.stream.start(pair.events);
    pair.stream.pause();
    writeSync(pair.other, 'oneway');
    pair.closeOther();
    await sleep(20);
    const before = process.cpuUsage();
    await sleep(200);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(100_000);
    expect(pair.closed).toEqual([]);
    pair.stream.resume();
    await until(() => pair.closed.length > 0);
    expect(pair.text).toBe('oneway');
  });

  it('while paused still says that the peer is gone, when it left nothing', async () => {
    pair.stream.start(pair.events);
    pair.stream.pause();
    pair.closeOther();
    await until(() => pair.closed.length > 0);
    expect(pair.closed).toEqual([undefined]);
  });
});
